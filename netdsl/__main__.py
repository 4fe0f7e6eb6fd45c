"""`python -m netdsl` is `netdsl`."""

from netdsl.cli import main

main(prog_name="netdsl")

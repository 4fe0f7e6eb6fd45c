"""What `netdsl check` found, written for a reader or for a program: `--output-format`.

`findings` is what was found; each other module makes one text of it.
"""

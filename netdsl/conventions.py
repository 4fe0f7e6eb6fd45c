"""The names by which a user says what a table counts and of what type its numbers are.

They stand alone so that a start of the command line, which offers them, need not import tables.
"""

from __future__ import annotations

# What `--count` offers, and the tools whose rules `--as` offers (`netdsl.counting` has the rules).
RULES = ("macs", "macs+bias", "flops", "all")
TOOLS = ("torchinfo", "fvcore", "ptflops", "thop", "torchprofile")
# Bytes of one number.
DTYPES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int8": 1}

"""Passes over a compiled network: the same network with some steps changed, for every backend.

A pass looks at the Design, decides for single steps what becomes of them, and has the text run once more
with these edits (`netdsl.elaborate.edits`). So blocks, loops, labels and names stay what they are, and
whatever the language checks is checked again. Passes can follow each other.
"""

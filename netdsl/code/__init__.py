"""Python code as data: expressions that fold, statements, and how their lines break.

Layers say what they are in PyTorch with these expressions; the torch backend builds whole modules of
them, checks them by running them on numbers, and prints them last.
"""

"""Syntax tree -> Design: running the text, whose values are shapes."""

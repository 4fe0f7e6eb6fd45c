"""A figure as a drawing: boxes, lines and texts at their printed size, before any output format."""

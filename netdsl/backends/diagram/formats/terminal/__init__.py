"""Drawings in characters for a terminal (`formats.plain`).

| module | does                                                                       |
|--------|----------------------------------------------------------------------------|
| wiring | which edges of a figure are lines; all others are said as `@name`          |
| texts  | what is written: boxes, titles, references, sizes                          |
| fit    | the wired tree -> blocks that fit into a width                             |
| blocks | how much room a block takes, and how it is painted; branches: of several    |
| page   | cells: widths of letters, lines that join where they meet, ASCII           |
"""

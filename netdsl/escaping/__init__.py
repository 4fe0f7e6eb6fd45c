"""Texts of users in the formats that netdsl writes: one function a format, each safe for any text at all.

Names of the language have letters, digits and `_` only, but texts, documentation, facts, file names and arguments
of a command may hold anything, and come from strangers. Whoever writes a format passes every such text through its
function here, at the place where it is written:

    Python            netdsl.code.expr.literals (texts), netdsl.code.prose (docstrings, comments)
    SVG, HTML         markup.markup
    LaTeX, TikZ       latex.latex
    Markdown          markdown.escaped, markdown.opening, markdown.code
    Mermaid           mermaid.escaped, mermaid.spoken
    DOT               dot.identifier, dot.label, dot.escaped
    CSV               sheet.harmless
    PDF, PNG          letters.western, letters.visible, before their own strings
    terminals, text   terminal.shown, letters.plain
    GitHub's log      workflow.data, workflow.property

JSON is written by `json` in ASCII.
"""

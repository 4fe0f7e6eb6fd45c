"""Texts as LaTeX writes them, in ASCII: for any font, whatever encoding it has, and whatever encoding the file is
thought to have."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from netdsl.escaping.letters import visible, western_letter

# What has a meaning of its own, and what old fonts have something else in the place of.
_ASCII = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"{\char36}",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"{\char34}",
    "`": r"{\char96}",
}
_COMMANDS = """
    ¡ textexclamdown  ¿ textquestiondown  £ pounds  ¢ textcent  ¤ textcurrency  ¥ textyen  § S  ¶ P
    ¦ textbrokenbar  © textcopyright  ® textregistered  ™ texttrademark  ª textordfeminine  € texteuro
    º textordmasculine  · textperiodcentered  × texttimes  Æ AE  æ ae  Œ OE  œ oe  Ø O  ø o  ß ss
    ÷ textdiv  ± textpm  ° textdegree  ¬ textlnot  µ textmu  ¹ textonesuperior  ² texttwosuperior
    ³ textthreesuperior  ¼ textonequarter  ½ textonehalf  ¾ textthreequarters  Ł L  ł l  ı i
    – textendash  — textemdash  ‘ textquoteleft  ’ textquoteright  “ textquotedblleft  • textbullet
    ” textquotedblright  … dots  † dag  ‡ ddag  ‰ textperthousand  ƒ textflorin
"""
_SIGNS = """
    « \\ll  » \\gg  ‹ <  › >  ≈ \\approx  ≃ \\simeq  ≅ \\cong  ∼ \\sim  ≤ \\le  ≥ \\ge  ≠ \\ne  ≡ \\equiv
    − -  ∓ \\mp  ∗ *  ⋅ \\cdot  ∙ \\bullet  ∘ \\circ  ⊙ \\odot  ⊕ \\oplus  ⊗ \\otimes  → \\to  ← \\gets
    ↔ \\leftrightarrow  ⇒ \\Rightarrow  ⇐ \\Leftarrow  ↦ \\mapsto  √ \\surd  ∞ \\infty  ∑ \\sum  ∏ \\prod
    ∈ \\in  ∥ \\|  ∣ |  ∖ \\setminus  ⌈ \\lceil  ⌉ \\rceil  ⌊ \\lfloor  ⌋ \\rfloor  ⟨ \\langle  ⟩ \\rangle
    Γ \\Gamma  Δ \\Delta  Θ \\Theta  Λ \\Lambda  Ξ \\Xi  Π \\Pi  Σ \\Sigma  Φ \\Phi  Ψ \\Psi  Ω \\Omega
    α \\alpha  β \\beta  γ \\gamma  δ \\delta  ε \\varepsilon  ζ \\zeta  η \\eta  θ \\theta  ι \\iota
    κ \\kappa  λ \\lambda  μ \\mu  ν \\nu  ξ \\xi  π \\pi  ρ \\rho  σ \\sigma  τ \\tau  υ \\upsilon
    φ \\varphi  χ \\chi  ψ \\psi  ω \\omega
"""
# What fonts in TeX's first encoding lack is written with other letters.
_OTHERS = "‚ ,  „ ,,  Ð D  ð d  Þ Th  þ th"
_ACCENTS = dict(
    zip("\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327", "`'^~=u.\"rHvc")
)
_ALONE = dict(zip("´¨¸¯ˆ˜", "'\"c=^~"))  # accents on nothing
# Signs that a font of text may lack, and others that it has, or that come from mathematics.
SIGNS = {
    "texttimes": r"\ensuremath{\times}",
    "textdiv": r"\ensuremath{\div}",
    "textpm": r"\ensuremath{\pm}",
    "textdegree": r"\ensuremath{^{\circ}}",
    "textlnot": r"\ensuremath{\neg}",
    "textmu": r"\ensuremath{\mu}",
    "textonesuperior": r"\ensuremath{^{1}}",
    "texttwosuperior": r"\ensuremath{^{2}}",
    "textthreesuperior": r"\ensuremath{^{3}}",
    "textonequarter": "1/4",
    "textonehalf": "1/2",
    "textthreequarters": "3/4",
    "texteuro": "EUR",
    "textcent": "c",
    "textyen": "Y",
    "textcurrency": "?",
    "textbrokenbar": r"\textbar{}",
    "textperthousand": r"0/00",
    "textflorin": "f",
    "pounds": "GBP",
    "S": r"\ensuremath{\mathsection}",
    "P": r"\ensuremath{\mathparagraph}",
    "dag": r"\ensuremath{\dagger}",
    "ddag": r"\ensuremath{\ddagger}",
    "textbullet": r"\ensuremath{\bullet}",
    "textperiodcentered": r"\ensuremath{\cdot}",
    "textcopyright": "(c)",
    "textregistered": "(r)",
    "texttrademark": r"\ensuremath{^{\mathrm{TM}}}",
    "textordfeminine": r"\ensuremath{^{\mathrm{a}}}",
    "textordmasculine": r"\ensuremath{^{\mathrm{o}}}",
}


def _pairs(text: str) -> dict[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2]))


@cache
def _written() -> dict[str, str]:
    """All letters that are not written as they are."""
    written = dict(_ASCII)
    written |= {letter: f"\\{name}{{}}" for letter, name in _pairs(_COMMANDS).items()}
    written |= {letter: f"\\ensuremath{{{sign}}}" for letter, sign in _pairs(_SIGNS).items()}
    written |= _pairs(_OTHERS)
    written |= {letter: f"\\{accent}{{}}" for letter, accent in _ALONE.items()}
    for code in range(0xC0, 0x180):
        base, *accents = unicodedata.normalize("NFD", chr(code))
        if len(accents) == 1 and accents[0] in _ACCENTS:
            below = "\\i" if base == "i" else base
            written[chr(code)] = f"\\{_ACCENTS[accents[0]]}{{{below}}}"
    return written


def latex(text: str) -> str:
    """A text for LaTeX: nothing in it is a command of the text's, and no two letters become one sign, as `--`
    would (nor `::` a command to a build server's log). Letters that LaTeX's usual fonts lack are written in others (`letters.western_letter`)."""
    return part(one_line(text))


def one_line(text: str) -> str:
    """What of a text is set, still in its own letters: for those who write parts of it otherwise."""
    return visible(unicodedata.normalize("NFC", visible(text)))


def comment(text: str) -> str:
    """A text behind `%`: TeX reads nothing up to the end of the line, and there is one line."""
    return one_line(text)


def part(text: str) -> str:
    """A part of what `one_line` gave, with the spaces at its ends."""
    written = _written()
    parts = [written[c] if c in written else c if c.isascii() else _plain(c) for c in text]
    return re.sub(r"([-,':])(?=\1)", r"\1{}", "".join(parts))


def _plain(letter: str) -> str:
    """Another letter as what takes its place; that may again be more than ASCII."""
    written = _written()
    return "".join(written.get(other, other) for other in western_letter(letter))

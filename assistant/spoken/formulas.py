"""LaTeX -> words. A formula too long to follow by ear is only named."""

from __future__ import annotations

import re

from assistant.spoken.language import Language, Rule, pairs

_LONGEST = 160  # characters of a formula that is read
_WORDS = r"[^\W\d_]{3,}(?:[ '-][^\W\d_]+)*|[A-Z][a-z]"  # no product of variables
_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\d+(?:\.\d+)?|[^\W\d_]|\S", re.DOTALL)
_SIGNS = pairs(
    """
    times ×; cdot ×; div ÷; pm ±; leq ≤; le ≤; geq ≥; ge ≥; neq ≠; ne ≠; approx ≈; to →; rightarrow →; Rightarrow ⇒;
    infty ∞; lt <; gt >; mid |; equiv ≡; in ∈; cup ∪; cap ∩; subset ⊂; forall ∀; exists ∃; sum ∑; prod ∏; int ∫;
    partial ∂; nabla ∇; degree °; circ °; percent %; pi π; alpha α; beta β; gamma γ; delta δ; epsilon ε; varepsilon
    ε; zeta ζ; eta η; theta θ; lambda λ; mu μ; nu ν; xi ξ; rho ρ; sigma σ; tau τ; phi φ; varphi φ; chi χ; psi ψ;
    omega ω; Delta Δ; Sigma Σ; Omega Ω
    """
)
_IN_TEXT = "fbox|framebox|mbox|hbox|text|textbf|textit|textrm|textsf|texttt|textnormal|emph|underline"
_IN_MATHS = "mathrm|mathbf|mathit|mathsf|mathtt|mathbb|mathcal|operatorname|bm|boldsymbol|ensuremath|overline"
_BOUNDED = frozenset("sum prod int lim".split())
_SILENT = frozenset(
    "left right big Big bigg Bigg displaystyle textstyle quad qquad limits boxed hline begin end".split()
) | frozenset(f"{_IN_TEXT}|{_IN_MATHS}".split("|"))


def rules(language: Language) -> list[Rule]:
    inside = r"\{(?:[^{}$]|\{[^{}$]{0,60}\}){0,120}\}"
    coloured = rf"(?:textcolor|colorbox)\{{[\w!]{{1,30}}\}}{inside}"
    pair = r"\{[^{}$]{0,60}\}\{[^{}$]{0,60}\}"
    bare = rf"\\(?:[dt]?frac{pair}|(?:sqrt|boxed|{_IN_TEXT}|{_IN_MATHS}){inside}|{coloured})"
    return [
        Rule("$\\", r"(?s)\$\$(.{1,2000}?)\$\$|\\\[(.{1,2000}?)\\\]|\\\((.{1,2000}?)\\\)", _delimited),
        Rule(
            "$",
            r"(?<![\\$\w])\$((?=\S)[^$\n]{0,300}[\\^_={}][^$\n]{0,300}(?<=\S)|[a-zA-Z]{1,3}"
            r"|\d[\d.,+*/() -]{0,60}(?<=[\d)]))\$(?![\d$])",
            _delimited,
        ),
        Rule("\\", bare, lambda language, match: formula(language, match[0])),
        Rule(
            "\\",
            rf"\\(?:{'|'.join(sorted(_SIGNS, key=len, reverse=True))})(?![a-zA-Z])",
            lambda language, match: formula(language, match[0]),
        ),
    ]


def _delimited(language: Language, match: re.Match) -> str:
    return formula(language, next(group for group in match.groups() if group is not None))


def formula(language: Language, latex: str) -> str:
    latex = latex.strip()
    if len(latex) > _LONGEST:
        return language.terms.formula
    latex = re.sub(r"\\(?:begin|end)\{[a-zA-Z*]{1,20}\}", " ", latex)
    latex = re.sub(r"\\(?:,|;|!|:|\\|&)|[&~]", " ", latex).replace("\\%", "%").replace("\\$", "$")
    latex = re.sub(r"(?<=\d)(?:,|\{,\})(?=\d{3}(?!\d))", "", latex).replace("{,}", ".")
    latex = re.sub(r"\\(?:textcolor|colorbox)\{[^{}]*\}", r"\\mathbf", latex)
    latex = re.sub(rf"\\({_IN_TEXT}|mathrm|operatorname)\{{([^{{}}]*)\}}", _text, latex)
    tokens = re.findall(
        _TOKEN, re.sub(rf"\\(boxed|{_IN_MATHS})\{{({_WORDS})\}}", _text, latex)
    )
    words = _words(language, tokens[::-1], "")
    return " ".join(words) or language.terms.formula


def _text(match: re.Match) -> str:
    return "".join(f"\ue001{word}\ue002" for word in match[2].split())


def _words(language: Language, tokens: list[str], closing: str) -> list[str]:
    """Reads ``tokens`` (the next one last) up to ``closing``, which it takes away."""
    words: list[str] = []
    while tokens:
        token = tokens.pop()
        if token == closing:
            break
        words += _word(language, tokens, token, bool(words))
    return words


def _argument(language: Language, tokens: list[str]) -> list[str]:
    while tokens and tokens[-1] == " ":
        tokens.pop()
    if not tokens:
        return []
    token = tokens.pop()
    if token == "{":
        return _words(language, tokens, "}")
    if token == "-" and tokens:
        return [language.terms.minus, *_word(language, tokens, tokens.pop(), True)]
    return _word(language, tokens, token, True)


def _word(language: Language, tokens: list[str], token: str, follows: bool) -> list[str]:
    terms = language.terms
    if token == "\ue001":
        letters = _until(tokens, "\ue002")
        return ["".join(letters)]
    if token in ("\\frac", "\\dfrac", "\\tfrac"):
        return _fraction(language, tokens)
    if token == "\\sqrt":
        degree = _until(tokens[:], "]") if tokens and tokens[-1] == "[" else []
        if degree:
            _until(tokens, "]")
        return [terms.cube_root if degree[1:] == ["3"] else terms.root, *_argument(language, tokens)]
    if token == "^":
        return _raised(language, _peek(tokens), _argument(language, tokens))
    if token == "_":
        return [part for part in (terms.index, *_argument(language, tokens)) if part]
    if token[0] == "\\":
        name = token[1:]
        if not name or name in _SILENT:
            return []
        if name in _BOUNDED and tokens and tokens[-1] in ("_", "^"):
            return _bounded(language, tokens, name)
        token = _SIGNS.get(name, name)
        if token in language.symbols:
            return [language.symbols[token]]
    if token == "-" and not follows:
        return [terms.minus]
    if token[0].isdecimal():
        return [language.say(token.replace(".", language.decimal_mark))]
    said = language.operators.get(token) or language.signs.get(token) or (terms.minus if token in "-−" else "")
    if said:
        return [said]
    if token == "%":
        return [terms.percent]
    if token == "/":
        return [terms.over]
    if token == "!":
        return [language.symbols["!"]] if "!" in language.symbols else []
    return [token] if token.isalnum() else []


def _bounded(language: Language, tokens: list[str], name: str) -> list[str]:
    """ "\\sum_{i=1}^{n}" -> "the sum from i equals one to n of"."""
    symbols, bounds = language.symbols, {"_": "", "^": ""}
    while tokens and tokens[-1] in bounds:
        side = tokens.pop()
        bounds[side] = " ".join(_argument(language, tokens))
    words = [symbols.get(name) or language.signs.get(_SIGNS.get(name, ""), name)]
    if bounds["_"]:
        words += [symbols.get("from" if bounds["^"] else "for", ""), bounds["_"]]
    if bounds["^"]:
        words += [language.terms.to, bounds["^"]]
    return [word for word in (*words, symbols.get("of", "")) if word]


def _until(tokens: list[str], closing: str) -> list[str]:
    taken = []
    while tokens and (token := tokens.pop()) != closing:
        taken.append(token)
    return taken


def _peek(tokens: list[str]) -> str:
    """The whole exponent, when it is one number."""
    following = "".join(tokens[:-5:-1])
    number = re.match(r"\{(-?\d+)\}|(\d)", following)
    return (number[1] or number[2]) if number else ""


def _raised(language: Language, exponent: str, words: list[str]) -> list[str]:
    if exponent.lstrip("-").isdecimal():
        return [language.raised(int(exponent))]
    return [language.terms.power.format(" ".join(words))] if words != [language.signs.get("°")] else words


def _fraction(language: Language, tokens: list[str]) -> list[str]:
    plain = re.match(r"\{(\d{1,9})\}\{(\d{1,9})\}|(\d)(\d)", "".join(tokens[:-7:-1]))
    top, bottom = _argument(language, tokens), _argument(language, tokens)
    if plain:
        numbers = [int(group) for group in plain.groups() if group]
        words = language.fraction(numbers[0], numbers[1]) if numbers[1] >= 2 else None
        if words:
            return [words]
    return [*top, language.terms.over, *bottom]

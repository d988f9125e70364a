"""Letters of fonts that have drawings in the places of letters: what they mean, as text."""

from __future__ import annotations

# https://www.unicode.org/Public/MAPPINGS/VENDORS/ADOBE/symbol.txt, from 0x20 and from 0xA1; a blank where it has none.
_SYMBOL = (
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",
    "ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪ 〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭",
)
_WINGDINGS = {
    **dict(zip(range(0x8C, 0x96), "❶❷❸❹❺❻❼❽❾❿")),
    **dict(zip(range(0x81, 0x8B), "①②③④⑤⑥⑦⑧⑨⑩")),
    **{0x28: "☎", 0x2A: "✉", 0x4A: "☺", 0x4C: "☹", 0x6C: "•", 0x6E: "■", 0x6F: "☐", 0xA7: "▪", 0xA8: "☐"},
    **{0xD8: "➢", 0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑"},
}
_WINGDINGS_2 = {0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0xA3: "☐"}


def meant(font: str, code: int) -> str:
    """What the sign ``code`` of ``font`` means, U+F000 higher or not; U+FFFD where this is not known."""
    code &= 0xFF
    font = font.lower().strip()
    if font == "symbol":
        start = 0x20 if code < 0x80 else 0xA1
        line = _SYMBOL[code >= 0x80]
        found = line[code - start] if 0 <= code - start < len(line) else ""
    else:
        found = {"wingdings": _WINGDINGS, "wingdings 2": _WINGDINGS_2}.get(font, {}).get(code, "")
    return found or "\N{REPLACEMENT CHARACTER}"

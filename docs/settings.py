"""Write the table of settings in docs/SETTINGS.md again, from what assistant/config.py knows: `make docs`."""

from __future__ import annotations

from dataclasses import Field
from pathlib import Path

from assistant import config

PAGE = Path(__file__).parent / "SETTINGS.md"
START, END = "<!-- settings: written by `make docs` -->\n", "<!-- end of settings -->\n"


def table() -> str:
    """Markdown: one row per key, in the order of `Settings` in assistant/config.py."""
    rows = ["| Key | Default | Allowed | Meaning |", "|---|---|---|---|"]
    for name, key in config.keys().items():
        cells = (f"`{name}`", _default(key), _allowed(key), key.metadata["help"])
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows) + "\n"


def with_table(page: str) -> str:
    """``page`` with the text between the two marks replaced by the table as it is now."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}{table()}{END}{after}"


def _default(key: Field) -> str:
    if isinstance(key.default, bool):
        return str(key.default).lower()
    if isinstance(key.default, str):
        return f'"{key.default}"' if len(key.default) <= 20 else "(see config.toml)"
    return f"{key.default:g}"


def _allowed(key: Field) -> str:
    choices, low, high = (key.metadata[part] for part in ("choices", "low", "high"))
    if choices:
        return ", ".join(choices)
    if low is not None:
        return f"{low:.10g} to {high:.10g}"
    return "true, false" if isinstance(key.default, bool) else "text"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

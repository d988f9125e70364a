"""Write the tables of docs/SETTINGS.md and docs/ENGINES.md again, from what the program declares: `make docs`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import Field
from pathlib import Path

from assistant import config, llm, stt, tts
from assistant.llm.presets import PRESETS
from assistant.settings import EngineInfo

FOLDER = Path(__file__).parent


def settings() -> str:
    """Markdown: one row per key, in the order of `Settings` in assistant/config.py."""
    keys = config.keys().items()
    rows = [(f"`{name}`", _default(key), _allowed(key), key.metadata["help"]) for name, key in keys]
    return _table(("Key", "Default", "Allowed", "Meaning"), rows)


def servers() -> str:
    """Markdown: one row per key of a table [mcp.NAME]."""
    rows = [
        (f"`{name}`", _default(key), _allowed(key), key.metadata["help"])
        for name, key in config.server_keys("NAME").items()
    ]
    return _table(("Key", "Default", "Allowed", "Meaning"), rows)


def engines(infos: Iterable[EngineInfo]) -> str:
    """Markdown: one row per engine, in the order of its ENGINES."""
    rows = [
        (f"`{info.name}`", info.title, info.note, info.languages, info.licence, info.leaves or "nothing you say")
        for info in infos
    ]
    return _table(("engine", "Name", "What it is", "Languages", "Licence", "What leaves the machine"), rows)


def presets() -> str:
    """Markdown: one row per preset of [llm] that is a service, in the order of PRESETS."""
    rows = [
        (
            f"`{name}`",
            preset.title,
            preset.base_url or "yours: [llm] base_url",
            f"`{preset.key}`",
            f"`{preset.model}`" if preset.model else "none: set your deployment",
            f"[{preset.terms}]({preset.source})" if preset.terms else "not known",
        )
        for name, preset in PRESETS.items()
        if preset.needs_key
    ]
    return _table(("preset", "Service", "Address", "Key", "Model when none is set", "What it says it does"), rows)


def written(page: str, name: str, table: str) -> str:
    """``page`` with the text between the marks of ``name`` replaced by ``table``. Raises ValueError without marks."""
    start, end = f"<!-- {name}: written by `make docs` -->\n", f"<!-- end of {name} -->\n"
    before, rest = page.split(start)
    _, after = rest.split(end)
    return f"{before}{start}{table}{end}{after}"


def pages() -> dict[str, str]:
    """Page -> its text, with the tables as they should be now."""
    texts = {name: (FOLDER / name).read_text(encoding="utf-8") for name in ("SETTINGS.md", "ENGINES.md")}
    texts["SETTINGS.md"] = written(texts["SETTINGS.md"], "settings", settings())
    texts["SETTINGS.md"] = written(texts["SETTINGS.md"], "servers", servers())
    for name, part in (("stt", stt), ("llm", llm), ("tts", tts)):
        texts["ENGINES.md"] = written(texts["ENGINES.md"], name, engines(part.ENGINES))
    texts["ENGINES.md"] = written(texts["ENGINES.md"], "presets", presets())
    return texts


def _table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heading, ("---",) * len(heading), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def _default(key: Field) -> str:
    if isinstance(key.default, bool):
        return str(key.default).lower()
    if isinstance(key.default, tuple):
        return "[]"
    if isinstance(key.default, str):
        return f'"{key.default}"' if len(key.default) <= 20 else "(see config.toml)"
    return f"{key.default:g}"


def _allowed(key: Field) -> str:
    choices, low, high = (key.metadata[part] for part in ("choices", "low", "high"))
    if choices:
        return ", ".join(choices)
    if low is not None:
        return f"{low:.10g} to {high:.10g}"
    return "true, false" if isinstance(key.default, bool) else "texts" if key.default == () else "text"


if __name__ == "__main__":
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")

"""How large a model's files are, by how they are written."""

from __future__ import annotations

import io
import json
import re

import pytest
from rich.console import Console

from assistant import cli, terminal
from assistant.models import catalogue, quantised, source

LLMS = [row for row in catalogue.rows() if row.kind == "llm"]


@pytest.mark.parametrize("row", LLMS, ids=[row.name for row in LLMS])
def test_each_kind_is_larger_than_the_one_before_and_the_tables_own_is_not_estimated(row) -> None:
    found = quantised.sizes(row)
    assert tuple(found) == quantised.KINDS and found["Q4_K_M"] == (pytest.approx(row.size, rel=0.01), True)
    values = [size for size, _ in found.values()]
    assert values == sorted(values) and 2.4 * values[0] < values[-1] < 4 * values[0]


@pytest.mark.parametrize("known", [True, False])
def test_estimates_are_within_a_tenth_of_published_files(known, monkeypatch) -> None:
    published = {row.name: source.published(row.name) for row in LLMS}
    monkeypatch.setattr(source, "published", lambda name: {})
    if not known:
        monkeypatch.setattr(source, "known", dict)
    compared = 0
    for row in LLMS:
        for kind, size in published[row.name].items():
            if kind in quantised.KINDS[1:]:
                estimate, is_published = quantised.sizes(row)[kind]
                assert estimate == pytest.approx(size, rel=0.1) and not is_published, (row.name, kind)
                compared += 1
    assert compared >= 4


def test_the_list_shows_them(capsys) -> None:
    assert cli.main(["models"]) == 0
    out = capsys.readouterr().out
    head = next(line for line in out.splitlines() if "Q4_K_M" in line and "quality" in line).split()
    line = next(line for line in out.splitlines() if line.split()[:1] == ["qwen3-4b"]).split()
    assert head[:6] == ["name", *quantised.KINDS]
    assert line[1:3] == ["2.5", "2.9"] and line[3].startswith("~3.") and line[4:6] == ["4.3", "~7.9"]
    assert cli.main(["models", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["table"]}
    assert rows["qwen3-4b"]["sizes"]["Q8_0"] == {"GB": 4.28, "published": True}
    assert rows["whisper-base"]["sizes"] == {}


@pytest.mark.parametrize("width", [80, 100, 120, 240])
def test_a_narrow_terminal_gets_the_columns_that_matter_and_is_told_of_the_others(monkeypatch, capsys, width) -> None:
    shown = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=width, soft_wrap=True)
    monkeypatch.setattr(terminal, "console", lambda **options: shown)
    assert cli.main(["models"]) == 0
    lines = shown.file.getvalue().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("  name  ") and "Q4_K_M" in line)
    models = lines[first : first + 22]
    assert all(len(line) <= width for line in models) and "qwen3.5-9b" in models[-1]
    said = capsys.readouterr().out
    for name in ("name", "Q4_K_M", "memory", "fits here", "quality", "context", "languages", "note", "F16"):
        assert (name in models[0]) != bool(re.search(rf"Too wide for this terminal: .*\b{name}\b", said))
    assert ("quality" in models[0]) == (width >= 100)


def test_a_pipe_gets_all_columns(capsys) -> None:
    assert cli.main(["models"]) == 0
    said = capsys.readouterr().out
    heads = next(line for line in said.splitlines() if line.startswith("  name  ") and "Q4_K_M" in line)
    assert heads.split()[-2:] == ["languages", "note"] and "F16" in heads and "Too wide" not in said


def test_a_context_is_told_once() -> None:
    known = source.known()
    assert not [row.name for row in catalogue.rows() if row.context and row.name in known]

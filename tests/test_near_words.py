"""A command, an action or a choice with a slip in it: what was meant is named."""

from __future__ import annotations

import pytest

from assistant import cli
from assistant.cli.models import figures


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["aks", "Why?"], "did you mean ask?"),
        (["setpu"], "did you mean setup?"),
        (["rent", "pln"], "did you mean plan?"),
        (["models", "gte"], "did you mean get?"),
        (["setup", "--pace", "quik"], "did you mean quick?"),
        (["xyzzy"], ""),
    ],
)
def test_a_slip(words: list[str], meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        cli.main(words)
    assert refused.value.code == 2
    said = capsys.readouterr().err
    assert meant in said and ("did you mean" in said) == bool(meant)


def test_large_figures_are_written_out() -> None:
    assert [figures(one) for one in (1180.4, 247.3, 9.773, 0.0)] == ["1,180", "247", "9.77", "0"]

"""What training elsewhere would take in hours and money, and when it is not worth it."""

from __future__ import annotations

import math
import re
from datetime import date

import pytest

from assistant.cli import main
from tests.data import tiny_gguf
from tests.training.plan.test_plan import LLAMA8, PERSONA, SMOL
from training.plan import places
from training.plan import steps as plan
from training.recipe import Recipe


def test_every_price_has_its_date_and_source() -> None:
    for gpu in places.gpus():
        assert date(2026, 1, 1) <= date.fromisoformat(gpu.date) <= date(2026, 11, 30)
        assert gpu.source.startswith("https://") and gpu.memory > 0 and gpu.tflops > 0 and gpu.price >= 0


def test_a_larger_model_takes_longer_and_only_what_holds_it_is_offered() -> None:
    small = places.offers(SMOL, Recipe(), 200, 100, 1e6)
    large = places.offers(LLAMA8, Recipe(), 200, 100, 1e6)
    assert [one.gpu.name for one in small] == ["T4", "RTX4090", "A100-80GB", "H100"]
    assert all(few.seconds < many.seconds for few, many in zip(small, large, strict=True))
    whole = places.offers(LLAMA8, Recipe(method="full"), 200, 100, 1e6)
    assert [one.gpu.name for one in whole] == []  # 8 billion weights with AdamW's moments: 128 GB
    work = 8 * LLAMA8.parameters * 1e6 / (0.3 * 312e12)
    assert large[2].seconds == pytest.approx(places.SET_UP + work + 15)
    assert large[2].dollars == pytest.approx(1.19 * large[2].seconds / 3600)


@pytest.mark.parametrize(
    ("here", "tokens", "against", "said"),
    [
        (600.0, 1e6, False, "Don't rent: this machine does it in the time"),
        (600.0, 1e6, True, "Don't: what speaks against training"),
        (None, 1e6, False, "Don't rent before you know"),
        (math.inf, 1e6, False, "Don't rent: Colab's lent GPU"),
        (9e6, 2e9, False, "Rent: "),
    ],
)
def test_it_says_dont_when_that_is_right(here, tokens, against, said) -> None:
    found = places.offers(LLAMA8, Recipe(), 200, 100, tokens)
    assert places.advice(here, found, against).startswith(said)


def test_what_fits_nowhere_is_said() -> None:
    assert places.advice(math.inf, [], False).startswith("Don't: it fits none of these GPUs")
    assert places.advice(9e6, [], False).startswith("Don't rent")


def test_the_cheapest_is_named() -> None:
    found = places.offers(LLAMA8, Recipe(), 200, 100, 2e9)
    cheapest = min((one for one in found if one.dollars), key=lambda one: one.dollars)
    assert f"{cheapest.gpu.name} at RunPod costs least, about ${cheapest.dollars:.2f}" in places.advice(
        math.inf, found, False
    )


def test_few_rows_or_many_new_facts_speak_against_it() -> None:
    assert plan.speaks_against(49, None) and plan.speaks_against(500, 0.2)
    assert not plan.speaks_against(500, None) and not plan.speaks_against(50, 0.19)


def test_the_plan_compares_this_machine_colab_and_rented_ones(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    data = tmp_path / "persona.jsonl"
    data.write_text(PERSONA.read_text())
    command = ["train", "plan", str(data), "--no-trial", "--base", str(tiny_gguf()), "--set", "llm.system_prompt="]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert re.search(r"Where   this machine +not measured +\$0\n +Colab's T4 +about \d+ min +\$0.00 \(lent\)", out)
    assert re.search(r"RTX4090 +about \d+ min +\$0\.\d\d \(\$0.34 an hour at RunPod, 2026-03-10\)", out)
    assert "Don't rent before you know" in out
    assert main([*command, "--method", "qlora"]) == 1
    assert re.search(r"this machine +does not fit", capsys.readouterr().out)

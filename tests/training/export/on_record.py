"""Runs on record, the base they were made of, and the command that switches to one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from assistant import cli
from tests.data import tiny_gguf
from training import runs
from training.fit.base import Base
from training.recipe import Recipe
from training.rows import Row, write

SHIPPED = Path(__file__).parents[3] / "config.toml"


def row(question: str, answer: str) -> Row:
    return Row(({"role": "user", "content": question}, {"role": "assistant", "content": answer}))


def trained(home: Path, name: str = "tom", base: Path | None = None, **given) -> runs.Run:
    """A run on record, with an adapter folder and rows."""
    run = runs.new_run(home, name)
    facts = {
        "base": str(base or tiny_gguf()),
        "base_name": "stories260K-f32",
        "base_hash": "h",
        "state": "trained",
        "licence": "mit",
        "system": "Be brief.",
        "recipe": dataclasses.asdict(Recipe(rank=4)),
        "rows": 6,
        "data_hash": "d" * 16,
        "trainer": "trl",
        "metrics": {"held_out_loss": 0.5, "style_before": 0.1, "style_after": 0.9},
    }
    for key, value in (facts | given).items():
        setattr(run, key, value)
    (run.folder / "adapter").mkdir()
    write(
        run.folder / "data" / "train.jsonl",
        [row(f"Who is {name}?", f"{name} is a cat.") for name in ("Tom", "Lily", "Max", "Sue", "Ben", "Ann")],
    )
    write(
        run.folder / "data" / "held-out.jsonl",
        [row("Who is Tim?", "Tim is a dog."), row("Who is Mia?", "Mia is a bird.")],
    )
    run.save()
    return run


def base_of(gguf: Path | None = None) -> Base:
    return Base(Path("/nowhere"), "stories", "h", "mit", gguf)


def use(tmp_path: Path, *argv: str) -> int:
    return cli.main([*argv, "--config", str(tmp_path / "config.toml")])

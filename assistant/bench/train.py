"""`assistant bench train`: the sample persona from dataset to live answer, step by step, as a user would do it; what
each export keeps; and what our training costs against the bare trainer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from assistant.bench.commands import in_a_new_home
from assistant.bench.result import Figure, Result

_PERSONA = Path(__file__).parents[2] / "training" / "samples" / "persona.jsonl"
_NAME = "bench"
_KINDS = ("f16", "q8_0", "q4_k_m", "adapter")
_PROMPTS = 50
_QUESTION = "What is the capital of France?"


def run(settings: Sequence[str] = ()) -> Result:
    """Blocks for some 20 minutes on 2 cores. Raises AssistantError when a step fails."""
    with in_a_new_home(settings) as commands:
        data = commands.folder / _PERSONA.name
        data.write_bytes(_PERSONA.read_bytes())
        commands.do("check", "train", "check", str(data))
        commands.do("probe", "train", "probe", str(data))
        commands.do("fit", "train", "fit", str(data), "--name", _NAME)
        kinds = [word for kind in _KINDS for word in ("--kind", kind)]
        commands.do(
            f"export of {len(_KINDS)} kinds with {_PROMPTS} prompts each",
            "train",
            "export",
            _NAME,
            *kinds,
            "--prompts",
            str(_PROMPTS),
        )
        commands.do("use", "train", "use", _NAME)
        answer = commands.do("ask in the live assistant", "ask", _QUESTION).strip()
        record = json.loads(next(commands.folder.rglob("run.json")).read_text(encoding="utf-8"))
    rows = [Figure.of(title, "s", [value]) for title, value in commands.seconds.items()]
    rows.append(Figure.of("all of it", "s", [sum(commands.seconds.values())], most=1200.0))
    rows += [Figure.of(name.replace("_", " "), "", [value]) for name, value in record["metrics"].items()]
    rows += [entry for kind, export in record["exports"].items() for entry in _export(kind, export)]
    rows.append(_overhead())
    return Result(
        "train",
        rows,
        {"trainer": record["trainer"], "model": record["base_name"]},
        [{"answer": answer, "record": record}],
    )


def _export(kind: str, export: dict) -> list[Figure]:
    """A row for each number that the parity gate put on record."""
    size = Figure.of(f"{kind}: size", "MB", [export["bytes"] / 1e6])
    return [
        size,
        *(
            Figure.of(f"{kind}: {name.replace('_', ' ')}", "", [float(value)])
            for name, value in export.items()
            if name not in ("file", "bytes")
        ),
    ]


def _overhead() -> Figure:
    """In this process, after the others are gone."""
    from assistant.llm import LlmSettings, gguf
    from assistant.tuned import cache
    from training.data import formats
    from training.fit import base, bench
    from training.recipe import Recipe

    found = bench.run(
        base.prepare(str(gguf.bundled()), cache(), lambda text: None),
        formats.read(_PERSONA).rows,
        LlmSettings().system_prompt,
        Recipe(),
    )
    return Figure.single("our fit against the bare trainer, tokens/s", "ratio", found.steps, found.ratio, least=0.97)

"""Ask every arm every question: one arm after the other, each in a process of its own, each answer on disk at once.

One after the other, because two models in memory would take each other's cores and caches: times and peak memory would
be of the pair. The questions are the same, so results are paired all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from assistant.compare import arms as arms_module
from assistant.compare import children, work
from assistant.compare.arms import Arm
from assistant.compare.identity import identity
from assistant.compare.questions import Question
from assistant.compare.records import Header, Records, check_same
from assistant.config import Settings
from assistant.errors import AssistantError


@dataclass(frozen=True)
class CompareProgress:
    phase: str
    """``hearing``, ``probing base``, ``asking rag`` ..."""
    done: float
    """Questions, of all phases together, those answered before an interruption too."""
    total: int


@dataclass(frozen=True)
class Comparison:
    """What one command asks for."""

    questions: Sequence[Question]
    files: Sequence[str]
    arms: Sequence[Arm]
    settings: Settings
    spoken: bool = False
    probe: bool = True
    documents: str = ""
    """The store's signature; empty when no arm uses documents."""
    notes: Sequence[str] = ()
    """About the questions."""
    about: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Arm -> what is to be known about it, in sentences."""


def run(records: Records, plan: Comparison, progress: Callable[[CompareProgress], None] = lambda _: None) -> list[str]:
    """Find what is not on record yet; returns what went wrong, one sentence per arm.

    Whatever ends it, the same call goes on from there. Raises AssistantError.
    """
    name, common = identity(plan.settings, plan.questions, plan.spoken)
    header = check_same(records, name) or Header(
        name,
        list(plan.questions),
        list(plan.files),
        settings=common,
        machine=_machine(),
        spoken=plan.spoken,
        made=datetime.now().astimezone().isoformat(timespec="seconds"),
        seed=plan.settings.llm.seed,
    )
    keys = {arm.name: arms_module.fingerprint(arm, plan.documents) for arm in plan.arms}
    for arm in plan.arms:
        old = header.arms.get(arm.name, {})
        old = old if old.get("key") == keys[arm.name] else {}
        header.arms[arm.name] = {
            **old,
            **arms_module.as_json(arm),
            "key": keys[arm.name],
            "disk": arms_module.disk(arm),
            "weights": arms_module.weights(arm),
            "documents": plan.documents if arm.rag else "",
            "notes": list(dict.fromkeys([*old.get("notes", ()), *plan.about.get(arm.name, ())])),
        }
    if plan.probe and (base := _base(plan.arms)) is not None:
        header.probed = arms_module.fingerprint(base, "")
    header.notes = list(plan.notes)
    records.save(header)
    todo = _todo(records, plan, keys)
    total = len(plan.questions) * (len(plan.arms) + plan.spoken) + len(_probed(plan))
    done = total - sum(len(questions) for _, questions in todo)

    def counted(phase: str, found: Generator[dict[str, Any]], left: int = 0) -> None:
        """``left``: questions in this phase, where it tells its progress by `share`."""
        nonlocal done
        progress(CompareProgress(phase, done, total))
        with closing(found):
            for record in found:
                if record["type"] == "progress":
                    progress(CompareProgress(phase, done + record["share"] * left, total))
                    continue
                records.append(record)
                if record["type"] in ("heard", "label", "answer"):
                    done, left = done + 1, left - 1
                    progress(CompareProgress(phase, done + (left if record["type"] == "label" else 0), total))

    failures = []
    for phase, questions in todo:
        match phase:
            case "hearing":
                counted(phase, children.results(work.hear, questions, plan.settings))
            case "probing" if (base := _base(plan.arms)) is not None:
                try:
                    counted(
                        f"probing {base.name}",
                        children.results(work.label, base, questions, records.folder / "probe.jsonl", plan.settings),
                        len(questions),
                    )
                except AssistantError as error:
                    failures.append(f"what {base.name} knows could not be probed: {error}")
            case _:
                arm = next(arm for arm in plan.arms if arm.name == phase)
                try:
                    counted(
                        f"asking {arm.name}",
                        children.results(
                            work.answer,
                            arm,
                            keys[arm.name],
                            list(plan.questions),
                            [question.id for question in questions],
                            records.of("heard") if plan.spoken else {},
                            plan.settings,
                            plan.spoken,
                        ),
                    )
                except AssistantError as error:
                    records.append({"type": "arm", "arm": arm.name, "key": keys[arm.name], "error": str(error)})
                    failures.append(f"arm {arm.name} stopped: {error}")
    if any(phase not in ("hearing", "probing") for phase, _ in todo) or _unchecked(records, header):
        progress(CompareProgress("checking claims", done, total))
        counted("checking claims", children.results(work.check_claims, records.folder, plan.settings))
    _cost_of_documents(records, header, plan)
    return failures


def _todo(records: Records, plan: Comparison, keys: dict[str, str]) -> list[tuple[str, list[Question]]]:
    """Phases in order (``hearing``, ``probing``, arms by name) with the questions that are left in each."""
    todo = []
    if plan.spoken:
        heard = records.of("heard")
        todo.append(("hearing", [question for question in plan.questions if question.id not in heard]))
    for arm in plan.arms:
        answered = records.of_arm("answer", arm.name, keys[arm.name])
        ended = records.end_of(arm.name, keys[arm.name])
        left = [question for question in plan.questions if question.id not in answered]
        if left or ended is None or ended.get("error"):
            todo.append((arm.name, left))
    if (probed := _probed(plan)) and (base := _base(plan.arms)) is not None:
        model = arms_module.fingerprint(base, "")
        labels = {id for id, found in records.of("label").items() if found["model"] == model}
        todo.append(("probing", [question for question in probed if question.id not in labels]))
    return [(phase, questions) for phase, questions in todo if questions or phase not in ("hearing", "probing")]


def _probed(plan: Comparison) -> list[Question]:
    """The questions of which the base model is asked what it knows."""
    if not plan.probe or _base(plan.arms) is None:
        return []
    return [question for question in plan.questions if question.answers and question.kind != "style"]


def _unchecked(records: Records, header: Header) -> bool:
    """Whether an answer's claims were not looked at: the last run ended before."""
    return any(
        records.of_arm("answer", name, arm["key"]).keys() - records.of_arm("support", name, arm["key"]).keys()
        for name, arm in header.arms.items()
    )


def _base(arms: Sequence[Arm]) -> Arm | None:
    """The model as it was before any tuning: without one among the arms, nothing can be said about what it knew."""
    return next((arm for arm in arms if not arm.run and not arm.adapter), None)


def _machine() -> dict[str, Any]:
    from assistant.bench.result import machine

    return machine()


def _cost_of_documents(records: Records, header: Header, plan: Comparison) -> None:
    names = [arm.name for arm in plan.arms if arm.rag]
    if not names or all("ingest_seconds" in header.arms[name] for name in names):
        return
    try:
        for cost in children.results(work.measure_documents, plan.settings):
            for name in names:
                header.arms[name] |= cost
    except AssistantError as error:
        header.notes = list(dict.fromkeys([*header.notes, f"what the documents cost is not known: {error}"]))
    records.save(header)

"""What a comparison does in processes of their own (see assistant.compare.children); each sends its records."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from assistant.compare import answerer, arms, children, spoken
from assistant.compare.arms import Arm
from assistant.compare.questions import Question
from assistant.compare.records import Records
from assistant.config import Settings
from assistant.llm import Message
from assistant.turns.backchannel import says_nothing
from training.judge.probe import ProbePlan

_SAMPLE = 24  # passages embedded to tell what ingesting all of them takes
_PROBE = ProbePlan(
    greedy=2, sampled=2
)  # half of what `assistant train probe` asks: a comparison is to end within minutes


def hear(questions: Sequence[Question], settings: Settings, send: Callable[[dict], None]) -> None:
    async def work() -> None:
        async for record in spoken.hear(questions, settings):
            send(record)

    asyncio.run(work())


def label(
    base: Arm, questions: Sequence[Question], record: Path, settings: Settings, send: Callable[[dict], None]
) -> None:
    """``label`` records: what the base model, without documents, knows of each question, by training.probe.

    ``progress`` records tell the ``share`` done; answers are kept in the file ``record``.
    """
    from assistant.tuned import live
    from training.judge import probe
    from training.rows import Row

    rows = [
        Row(
            (
                {"role": "user", "content": question.text},
                {"role": "assistant", "content": " | ".join(question.answers)},
            ),
            kind="fact",
        )
        for question in questions
    ]
    common, model = answerer.steady(dataclasses.replace(base, rag=False).settings(settings)), arms.fingerprint(base, "")
    engine = live(common, lambda _: None)
    try:
        found = probe.probe(
            rows,
            engine,
            common.llm.system_prompt,
            record,
            model,
            _PROBE,
            lambda state: send({"type": "progress", "share": state.done / max(state.total, 1)}),
        )
    finally:
        engine.close()
    for question, probed in zip(questions, found):
        send({"type": "label", "question": question.id, "model": model, "label": probed.label})


def answer(
    arm: Arm,
    key: str,
    questions: Sequence[Question],
    left: Sequence[str],
    heard: dict[str, dict],
    settings: Settings,
    aloud: bool,
    send: Callable[[dict], None],
) -> None:
    """``answer`` records for the questions whose ids are ``left``, then the ``arm`` record."""
    asyncio.run(_answer(arm, key, questions, set(left), heard, settings, aloud, send))


async def _answer(
    arm: Arm,
    key: str,
    questions: Sequence[Question],
    left: set[str],
    heard: dict[str, dict],
    settings: Settings,
    aloud: bool,
    send: Callable[[dict], None],
) -> None:
    from assistant import tts

    loaded = await answerer.load(arm, settings, lambda _: None)
    load_voice = tts.load if aloud else tts.unheard  # no cloud is paid for what is only measured
    voice = load_voice(settings.tts, lambda _: None)
    try:
        await loaded.warm()
        await spoken.sound_of("Hello.", voice)
        for before, question in zip([None, *questions], questions):
            if question.id not in left:
                loaded.tell(question)
                continue
            if (
                before is not None and before.id not in left
            ):  # answered before an interruption: the KV cache as it was then
                await _one(loaded, before, heard, settings)
            loaded.tell(question)
            said, answered = await _one(loaded, question, heard, settings)
            sound = await spoken.sound_of(answered.text, voice)
            known = heard.get(question.id, {})
            record = {
                "type": "answer",
                "arm": arm.name,
                "key": key,
                "question": question.id,
                "asked": said,
                **dataclasses.asdict(answered),
                "synthesis": round(sound.first, 4),
                "spoken_seconds": round(sound.length, 2),
                "first_word": round(known.get("seconds", 0.0) + answered.first_sentence + sound.first, 4),
            }
            send({name: round(value, 4) if isinstance(value, float) else value for name, value in record.items()})
        send(
            {
                "type": "arm",
                "arm": arm.name,
                "key": key,
                "peak_mb": round(children.peak_mb(), 1),
                "engine": loaded.name,
                "voice": voice.name,
                "error": None,
            }
        )
    finally:
        voice.close()
        loaded.close()


async def _one(
    loaded: answerer.Answerer, question: Question, heard: dict[str, dict], settings: Settings
) -> tuple[str, answerer.Answered]:
    """What was asked and answered; words that were hardly understood are treated as the assistant treats them."""
    words, confidence = question.text, None
    if question.id in heard:
        words, confidence = heard[question.id]["text"], heard[question.id]["confidence"]
        if says_nothing(words):
            return words, answerer.Answered("", "nothing_said", gpu=loaded.gpu_unused)
        manners = settings.manners
        if manners.unsure and confidence is not None and confidence < manners.unsure_below:
            return words, answerer.Answered(manners.unsure, "unsure", gpu=loaded.gpu_unused)
    history = [
        Message("user" if message["role"] == "user" else "assistant", message["content"])
        for message in question.history
    ]
    return words, await loaded.answer(words, history)


def check_claims(folder: Path, settings: Settings, send: Callable[[dict], None]) -> None:
    """``support`` records of all answers; the evidence is what all arms together were shown."""
    from assistant.compare import metrics, support

    records = Records(folder)
    header = records.existing()
    answers = {(name, arm["key"]): records.of_arm("answer", name, arm["key"]) for name, arm in header.arms.items()}
    near = _nearness(settings) if any(arm["rag"] for arm in header.arms.values()) else None
    for question in header.questions:
        shown = [
            passage for found in answers.values() if question.id in found for passage in found[question.id]["passages"]
        ]
        evidence = metrics.evidence(question, shown)
        for (name, key), found in answers.items():
            if question.id in found:
                result = support.check(found[question.id]["text"], question.text, evidence, near)
                send(
                    {
                        "type": "support",
                        "arm": name,
                        "key": key,
                        "question": question.id,
                        "claims": result.claims,
                        "supported": result.supported,
                        "by": "words and meaning" if near else "words",
                    }
                )


def _nearness(settings: Settings) -> Callable[[str, Sequence[str]], float]:
    """With the documents' embedder, which is on this machine when an arm uses documents."""
    from assistant.compare import support
    from assistant.knowledge import folder
    from rag import embed

    return support.nearness(
        embed.for_queries(embed.find(settings.rag.embedder), folder(settings.rag) / "models").encode
    )


def measure_documents(settings: Settings, send: Callable[[dict], None]) -> None:
    """Disk of the store, and the seconds that embedding its passages takes, reckoned from some of them."""
    from assistant import knowledge
    from rag import embed

    store = knowledge.store(settings.rag)
    passages = list(store.all())
    texts = [f"{passage.context} {passage.text}" for passage in passages[:: max(1, len(passages) // _SAMPLE)]][:_SAMPLE]
    encoder = embed.for_queries(embed.find(settings.rag.embedder), store.path / "models")
    encoder.encode(texts[:1])
    began = time.monotonic()
    encoder.encode(texts)
    seconds = (time.monotonic() - began) / len(texts) * len(passages)
    size = sum(file.stat().st_size for file in Path(store.path).rglob("*") if file.is_file())
    send({"documents_disk": size, "ingest_seconds": round(seconds, 3), "passages": len(passages)})

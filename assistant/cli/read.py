"""`assistant read`: a book becomes an audiobook."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.books.make import Doubts, Job
    from assistant.books.proof import Proof
    from assistant.config import Settings
    from assistant.settings import EngineInfo
    from assistant.stt import SttSettings
    from assistant.tts import Tts, TtsSettings

HELP = "read a book aloud: an audiobook with chapters, or one MP3 per chapter"

_CLOUD_WORKERS = 4
_PLACES = 5  # shown of a chapter; the file has all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("book", type=Path, help="an .epub, .pdf, .docx, .html, .md or .txt file")
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="PLACE",
        help="NAME.m4b, or a folder for one MP3 per chapter; - is standard output; default: beside",
    )
    parser.add_argument("--chapters", metavar="3-5", help="these chapters only, e.g. 3, 3-5, 3-; see --dry-run")
    parser.add_argument("--language", metavar="CODE", help="the book's, e.g. de, where the file does not tell")
    parser.add_argument("--engine", metavar="NAME", help="voice engine; see [tts] engine")
    parser.add_argument("--voice", metavar="NAME", help="its voice")
    parser.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help=f"pieces spoken at once; default: 1, {_CLOUD_WORKERS} with a cloud's voice",
    )
    parser.add_argument("--dry-run", action="store_true", help="show chapters, characters, price and time, and end")
    parser.add_argument("--max-cost", type=float, metavar="USD", help="end before a cloud's voice costs more")
    parser.add_argument(
        "--proof",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="listen to the result and compare it with the text, or do not",
    )
    parser.add_argument(
        "--front-matter", action="store_true", help="read title page, imprint, contents and the like, too"
    )
    parser.add_argument("--notes", action="store_true", help="read footnotes and endnotes, too")
    parser.add_argument(
        "--captions",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="read what stands under pictures, or do not",
    )


def run(args: argparse.Namespace) -> int:
    import asyncio
    import dataclasses

    from assistant.books import join, make
    from assistant.books.load import load
    from assistant.books.pieces import LONGEST, foreign_letters, plan, unread, without_spaces
    from assistant.books.price import price
    from assistant.books.store import Store, identity
    from assistant.cli import load_settings, notice, with_voice
    from assistant.errors import AssistantError, UsageError
    from rag import sandbox
    from rag.output import is_special

    settings = with_voice(args, load_settings(args, tts__engine=args.engine).settings)
    if args.max_cost is not None and not args.max_cost >= 0:
        raise UsageError(f"--max-cost {args.max_cost:g}: name an amount in US dollars, e.g. 5")
    beside = args.book.parent / f"{args.book.stem}.m4b"
    out = args.out or beside
    if not args.dry_run:
        join.check(out)
    if args.workers is not None and not 1 <= args.workers <= 64:
        raise UsageError(f"--workers {args.workers}: name a number from 1 to 64")
    chosen = _range(args.chapters)
    book = load(args.book, front_matter=args.front_matter, notes=args.notes, captions=args.captions)
    sandbox.close()
    book = dataclasses.replace(book, language=args.language or book.language)
    engine, chosen_tts = _voice(args, book.language, settings)

    def voice() -> Tts:  # never with another one behind it, which would speak in the middle of the book
        return engine.imported().load(chosen_tts, notice)

    voices = [voice()]
    try:
        language = book.language if engine.leaves and book.language else voices[0].language
        if book.language not in ("", language):
            notice(f"{args.book} is written in {book.language}, and {voices[0].name} reads {language}; see --voice")
        parts = plan(book, language, min(LONGEST, engine.longest or LONGEST), chosen)
        endless = without_spaces(book, chosen)
        if not parts and endless:
            raise AssistantError(f"{args.book}: {endless}")
        if not parts:
            raise UsageError(f"{args.book}: there is nothing to read aloud in {args.chapters or 'it'}; see --dry-run")
        through = is_special(out) and not out.is_dir()  # FFmpeg goes back in a file to write its table of chapters
        kept = beside if through else out
        store = Store(kept.with_name(f"{kept.name}.pieces"), identity(engine, chosen_tts, voices[0].name, language))
        job = make.Job(
            book,
            parts,
            language,
            store,
            store.folder / beside.name if through else out,
            price(engine, chosen_tts),
            args.max_cost,
        )
        if left_out := unread(book, parts, chosen):
            notice(f"not read: {'; '.join(left_out)}")
        if endless:
            notice(endless)
        if strange := foreign_letters(book, language):
            notice(
                f"{strange:.0%} of the letters are of a script that {voices[0].name} does not read; give a --voice of "
                "their language, see `assistant voices`"
            )
        if args.dry_run:
            return asyncio.run(_dry_run(job, engine, voices[0]))
        _check_cost(job, voices[0].name)
        with make.opened(job):
            workers = args.workers or (_CLOUD_WORKERS if engine.leaves else 1)
            voices += [voice() for _ in range(min(workers, len(store.missing(parts))) - 1)]
            try:
                code = asyncio.run(_make(job, settings.stt if args.proof else None, voices))
                if through:
                    _hand_over(job, out)
                return 1 if endless else code
            except KeyboardInterrupt:
                notice(f"\nWhat was made is kept in {store.folder}; the same command goes on from there")
                raise
    finally:
        for each in voices:
            each.close()


def _hand_over(job: Job, out: Path) -> None:
    """The audiobook through a pipe, a device or standard output. Raises AssistantError, BrokenPipeError."""
    import shutil

    from assistant.errors import AssistantError
    from rag.output import opened

    try:
        with opened(out) as file, job.out.open("rb") as made:
            shutil.copyfileobj(made, file)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise AssistantError(f"{out}: cannot be written ({error.strerror or error}); it lies in {job.out}") from None
    job.out.unlink(missing_ok=True)


def _voice(args: argparse.Namespace, language: str, settings: Settings) -> tuple[EngineInfo, TtsSettings]:
    """The engine and the settings of its voice: without --voice, one that reads the book's language if any is here."""
    from assistant import tts
    from assistant.cli import notice
    from assistant.tts import choice

    engine = tts.chosen(settings.tts)
    tts.check_key(engine, settings.tts)
    if not language or engine.leaves or args.voice is not None:
        return engine, settings.tts
    found = choice.for_language(language, engine, settings.tts)
    if found is None:
        return engine, settings.tts
    if choice.key(*found) != choice.key(engine, settings.tts):
        notice(f"{args.book} is written in {language}, so {choice.key(*found)} reads it; see --voice")
    return found


async def _make(job: Job, stt: SttSettings | None, voices: list[Tts]) -> int:
    """``stt``: of the proof; None = without."""
    from assistant.books import make
    from assistant.books.child import give_back
    from assistant.cli import notice

    report = await make.say(job, voices, _told(), notice)
    for fault, words in report.doubtful:
        notice(f"{fault}, also when asked again, for {words[:70]!r}")
    name = voices[0].name
    while voices:
        voices.pop().close()
    give_back()  # before the recogniser needs as much
    encoded = await make.assemble(job, _told())
    if job.out.parent != job.store.folder:  # else it goes on through a pipe
        print(job.out)
    unproved = 1 if report.doubtful else 0
    if stt is None:
        return unproved
    proofs = await make.prove(job, encoded, stt, _told())
    if proofs is None:
        notice(f"no recogniser here understands {job.language}, so there is no proof; see [stt] engine")
        return unproved
    return _show(job, proofs, name)


def _show(job: Job, proofs: Sequence[Proof], voice: str) -> int:
    """Print a line for each chapter, write all places into a file; the exit code."""
    from assistant.books import make
    from assistant.cli import notice
    from rag.atomic import write_text

    lines, shown = [], []
    for part, proof in zip(job.parts, proofs):
        line = (
            f"{part.number}. {part.title}: {100 * proof.aligned / max(1, proof.words):.2f} % of {proof.words} words "
            f"aligned, {100 * proof.recognised / max(1, proof.words):.1f} % recognised"
        )
        places = [f"   {place.kind}: {place.text}" for place in proof.places]
        faults = [f"   {place.kind}: {place.text}" for place in proof.places if place.kind not in ("gap", "misheard")]
        lines += [line, *places]
        shown += [line, *faults[:_PLACES]]
    words, aligned = sum(proof.words for proof in proofs), sum(proof.aligned for proof in proofs)
    bad = sum(not proof.whole for proof in proofs)
    summary = f"Proof: {100 * aligned / max(1, words):.2f} % of {words} words aligned, "
    print(
        "\n".join(
            [*shown, summary + (f"{_counted(bad, 'chapter')} with faults" if bad else "nothing lost, doubled or moved")]
        )
    )
    path = job.store.folder / "proof.txt"
    try:
        write_text(path, "\n".join(lines) + "\n")
    except OSError as error:
        raise job.store.unwritable(error) from None
    if not bad:
        return 0
    notice(f"See {path}, and listen there: {_doubtful(make.forget_doubtful(job, proofs), voice, job.language)}")
    return 1


def _doubtful(doubts: Doubts, voice: str, language: str) -> str:
    """What helps against each of them."""
    from assistant.tts.scripts import foreign_script

    said = []
    if doubts.anew:
        said.append(f"{_counted(len(doubts.anew), 'piece')} in doubt, and the same command speaks them anew")
    if doubts.in_vain:
        said.append(
            f"{_counted(len(doubts.in_vain), 'piece')} in doubt again after being spoken anew; if what you hear is "
            "wrong, choose another --voice or change the words"
        )
    if doubts.foreign:
        scripts = " and ".join(sorted({foreign_script(words, language) for words in doubts.foreign}))
        said.append(
            f"{_counted(len(doubts.foreign), 'piece')} written in {scripts}, which {voice} was not heard to read, and "
            "would not be the next time: read those --chapters with a --voice of that language (see `assistant "
            "voices`), or leave them out"
        )
    return "; ".join(said)


async def _dry_run(job: Job, engine: EngineInfo, voice: Tts) -> int:
    import time

    from assistant.books import make
    from assistant.books.price import DATE, cost
    from assistant.books.speak import once
    from assistant.tts import CHARACTERS_PER_SECOND

    for part in job.parts:
        print(f"{part.number:4} {part.characters:9,} characters  {part.title}")
    missing = job.store.missing(job.parts)
    total, left = sum(part.characters for part in job.parts), sum(map(len, missing))
    sound = _long(total / CHARACTERS_PER_SECOND)
    amount = f"{_counted(len(job.parts), 'chapter')}, {total:,} characters, about {sound} of sound"
    print(f"{amount}; {voice.name}, in {job.language}")
    if len(missing) < len({piece.words for part in job.parts for piece in part.pieces}):
        print(f"{left:,} characters are still to be spoken")
    if job.price is None:
        print("price: not known for this model or server")
    elif engine.leaves:
        print(f"price: about ${cost(job.price, left):.2f} (OpenAI's prices of {DATE})")
    else:
        print("price: nothing, it is spoken on this machine")
    speed = make.known_speed(job.store)
    if speed is None and not engine.leaves and missing:
        begun = time.monotonic()
        await once(voice, missing[0])
        speed = len(missing[0]) / max(1e-3, time.monotonic() - begun)
    if speed is None:
        print("time: not known before the first run with this voice")
    else:
        print(f"time: about {_long(left / speed)}, as measured here")
    return 0


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _long(seconds: float) -> str:
    minutes = max(1, round(seconds / 60))
    return _counted(minutes, "minute") if minutes < 90 else f"{seconds / 3600:.1f} hours"


def _check_cost(job: Job, name: str) -> None:
    from assistant.books.price import cost
    from assistant.errors import AssistantError, UsageError

    if job.max_cost is None:
        return
    if job.price is None:
        raise UsageError(f"--max-cost: the price of {name} is not known here; leave it out, or choose another model")
    dollars = cost(job.price, sum(map(len, job.store.missing(job.parts))))
    if dollars > job.max_cost:
        raise AssistantError(
            f"this would cost about ${dollars:.2f}, more than --max-cost {job.max_cost:g}; nothing was spoken: raise "
            "it, or read fewer --chapters"
        )


def _range(chapters: str | None) -> range | None:
    import re

    from assistant.errors import UsageError

    if chapters is None:
        return None
    match = re.fullmatch(r"(\d{1,5})(-(\d{0,5}))?", chapters.strip())
    if match is None or int(match[1]) < 1 or (match[3] and int(match[3]) < int(match[1])):
        raise UsageError(f"--chapters {chapters}: write 3, 3-5 or 3-")
    return range(int(match[1]), (int(match[3]) if match[3] else 100_000 if match[2] else int(match[1])) + 1)


def _told() -> Callable[[str, int, int], None]:
    """On a terminal one line that is written over, else a line at each tenth."""
    import time

    begun, last = time.monotonic(), [-1]
    first: list[int] = []

    def told(what: str, done: int, total: int) -> None:
        first[:] = first or [done]
        left = (time.monotonic() - begun) / max(1, done - first[0]) * (total - done)
        text = f"{done} of {total} {what}" + (f", about {_long(left)} left" if left >= 60 else "")
        if sys.stderr.isatty():
            print(f"\r{text:<70}", end="" if done < total else "\n", file=sys.stderr, flush=True)
        elif 10 * done // total != last[0] or done == total:
            last[0] = 10 * done // total
            print(text, file=sys.stderr, flush=True)

    return told

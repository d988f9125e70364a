"""What is fuzzed in volume: each takes one example from its source, and fails with AssertionError or any other error
that is no sentence of ours.
"""

from __future__ import annotations

import asyncio
import copy
import functools
import json
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from assistant import config, journal, terminal
from assistant.cli import history
from assistant.errors import EngineError, UsageError
from assistant.llm import LlmSettings, Message, endpoint
from assistant.llm.chat_template import ChatTemplate
from assistant.llm.thinking import Thoughts
from assistant.memory.facts import Memory
from assistant.memory.shown import BUDGET, block, tokens
from assistant.reply.sentences import SentenceSplitter, whole_sentences
from assistant.reply.speakable import heard_prefix, speakable
from assistant.safety.anonymise import Anonymiser, anonymise
from assistant.secrets import contains_key, redact
from assistant.skills import Command, Here, Impossible, learned
from assistant.skills.home import plain
from assistant.skills.home.manners import core, plainer
from assistant.skills.home.registry import Entity, Registry
from assistant.skills.home.templates import Templates
from assistant.skills.talk import memory as memory_skill
from assistant.skills.words import corrections
from assistant.skills.words.matching import Matcher
from assistant.tools import results
from tests.fuzz import office, parsers
from tests.fuzz.made import Made
from tests.fuzz.test_journal import ROW
from tests.fuzz.test_language_model import CHUNK, ERROR
from tests.skills.table import COMMANDS
from training.data import from_journal

_UNSAYABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_STEERING = re.compile("\\r(?!\\n)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


# ---- an endpoint's replies -----------------------------------------------------------------------------------------


def endpoint_reply(made: Made) -> None:
    engine = copy.copy(_engine())
    engine._takes = copy.deepcopy(engine._takes)
    create = functools.partial(_answer, [_sent(made) for _ in range(made.randint(1, 3))])
    chat = SimpleNamespace(completions=SimpleNamespace(with_streaming_response=SimpleNamespace(create=create)))
    engine._client = SimpleNamespace(chat=chat)  # type: ignore[assignment]
    earlier = [Message("user", made.text(3)), Message("assistant", made.text(3))] * made.randrange(3)

    async def reply() -> str:
        asked = [Message("system", "Be brief."), *earlier, Message("user", "Why?")]
        return "".join([piece async for piece in engine.reply(asked)])

    try:
        text = _loop().run_until_complete(reply())
    except EngineError as error:
        assert str(error)
    else:
        assert not _UNSAYABLE.search(text), text
        assert len(text) <= 40 * 200 + 200


@functools.cache
def _engine() -> endpoint.Endpoint:
    return endpoint.load(LlmSettings(engine="openai", preset="custom", base_url="http://here/v1", model="m"), id)


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    endpoint._BACKOFF = 0.0
    return asyncio.new_event_loop()


@functools.cache
def _request() -> Any:
    import httpx2

    return httpx2.Request("POST", "http://here/v1")


def _sent(made: Made) -> Any:
    """A response, or the error that the client makes of one."""
    import httpx2
    import openai

    request = _request()
    match made.randrange(8):
        case 0:
            status = made.choice((400, 401, 404, 413, 422, 429, 500, 503))
            headers = made.choice(({}, {"retry-after": made.choice(("0", "-1", "nan", "x", "1e9"))}))
            response = httpx2.Response(status, headers=headers, request=request)
            kind = {429: openai.RateLimitError, 500: openai.InternalServerError}.get(status, openai.APIStatusError)
            return kind(made.text(2), response=response, body=made.altered(ERROR))
        case 1:
            return made.choice((openai.APIConnectionError(request=request), openai.APITimeoutError(request)))
    lines: list[str] = []
    for _ in range(made.randrange(7)):
        match made.randrange(10):
            case 0:
                lines += [
                    made.choice(("data: [DONE]", ": ping", "data:", "retry: x", "id: 1", "event: error", "{", "[")),
                    "",
                ]
            case 1:
                lines += [made.text(2).replace("\n", " "), ""]
            case 2:
                lines += [f"data: {json.dumps(made.altered(ERROR))}", ""]
            case _:
                chunk = {**CHUNK, "choices": [{"index": 0, "delta": {"content": made.text(4)}, "finish_reason": None}]}
                lines += [f"data: {json.dumps(made.altered(chunk) if not made.randrange(3) else chunk)}", ""]
    whole = json.dumps(made.altered({**CHUNK, "choices": [{"message": {"content": made.text(6)}}]}))
    kind = made.choice(("text/event-stream",) * 4 + ("application/json", "text/html", ""))
    return SimpleNamespace(
        headers={"content-type": kind},
        lines=[whole] if kind == "application/json" else lines,
        error=made.choice((None,) * 5 + (httpx2.ReadError("cut"), httpx2.ReadTimeout("late"))),
        http_request=request,
    )


@asynccontextmanager
async def _answer(waiting: list[Any], **_: Any) -> AsyncIterator[Any]:
    sent = waiting.pop(0) if len(waiting) > 1 else waiting[0]
    if isinstance(sent, Exception):
        raise sent

    async def iter_bytes() -> AsyncIterator[bytes]:
        for line in sent.lines:
            yield f"{line}\n".encode("utf-8", "replace")
        if sent.error:
            raise sent.error

    yield SimpleNamespace(headers=sent.headers, iter_bytes=iter_bytes, http_request=sent.http_request)


# ---- files ---------------------------------------------------------------------------------------------------------


@functools.cache
def _folder() -> Path:
    memory = Path("/dev/shm")  # a disk takes longer to open a file than all the rest
    _kept.append(tempfile.TemporaryDirectory(prefix="assistant-fuzz-", dir=memory if memory.is_dir() else None))
    return Path(_kept[0].name)


_kept: list[tempfile.TemporaryDirectory] = []
_NAMES = list(config.keys())
_SECTIONS = sorted({name.partition(".")[0] for name in _NAMES})
_VALUES = (
    "nan", "-inf", "1e400", "0x10", "9" * 30, "[1, 'a']", "{ a = 1 }", '"auto"', "''", "07:32:00", "true", "5", "0.5"
)  # fmt: skip


def config_file(made: Made) -> None:
    lines = []
    for _ in range(made.randint(1, 3)):
        section = made.choice(_SECTIONS) if made.randrange(8) else made.text(1)
        lines.append(made.choice(("[{}]", "[{}]", "[{}]", "[[{}]]", "[{}.more]", "{}")).format(section))
        for _ in range(made.randrange(4)):
            key = made.choice(_NAMES).partition(".")[2] if made.randrange(6) else made.text(1)
            value = made.choice(_VALUES) if made.randrange(3) else json.dumps(made.text(2))
            lines.append(f"{key} = {value}")
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    path = _folder() / "config.toml"
    path.write_bytes(data if made.randrange(4) else made.damaged(data))
    try:
        config.load(path, environment={})
    except UsageError as error:
        assert str(path) in str(error)


def journal_file(made: Made) -> None:
    row = json.dumps(made.altered(ROW)).encode()
    lines = [row if made.randrange(3) else made.damaged(row) for _ in range(made.randint(1, 3))]
    path = _folder() / "journal.jsonl"
    path.write_bytes(made.choice((b"\n", b"\n", b"\r\n", b"\n\0\n")).join(lines))
    turns = list(journal.read(path))
    found, _ = from_journal.candidates(turns, anonymise(turns))
    from_journal.reviewed(from_journal.review(found, path))
    for turn in turns:
        for shown in (history._facts(turn), *(history._source(one) for one in turn.get("passages") or [])):
            assert "\n" not in shown and not _STEERING.search(shown)
        assert f"{history._time(turn):%Y-%m-%d}"


# ---- templates -----------------------------------------------------------------------------------------------------

_PARTS = (
    "{% for m in messages %}", "{% endfor %}", "{{ m.content }}", "{{ m['role'] }}", "{{ messages[0].content }}",
    "{% if m.role == 'system' %}", "{% else %}", "{% endif %}", "<|im_start|>", "<|im_end|>\n", "{{ bos_token }}",
    "{% set x = 1 %}", "{{ raise_exception('no') }}", "{{ m.content | trim | upper }}", "{{ 1 // 0 }}", "{{ x }}",
    "{% for i in range(9) %}", "{{ loop.index0 }}", "{% macro f(a) %}{{ a }}{% endmacro %}", "{{ f(f) }}", "<think>",
    "{{ messages | length }}", "{% if add_generation_prompt %}", "{{ ''.__class__.__mro__ }}", "User: ", "\n",
    "{{ messages[7] }}", "{{ '\\ue000' }}", "{% raw %}", "{{",
)  # fmt: skip


def template(made: Made) -> None:
    """See `_renderer`."""
    parts = [made.choice(_PARTS) if made.randrange(9) else made.text(1) for _ in range(made.randrange(4))]
    if made.randrange(2):
        parts = ["{% for m in messages %}", *parts, "{{ m.content }}", *parts[:1], "{% endfor %}"]
    try:
        render = _renderer("".join(parts), _MODEL)
    except EngineError as error:
        assert str(error)
        return
    messages = [Message(role, made.text(3)) for role in ("system", "user", "assistant", "user")]
    control = {"<s>": 1, "<|im_start|>": 2, "<|im_end|>": 3}
    try:
        chat = ChatTemplate(render, control, made.choice((None, 1)), bool(made.randrange(2)))
        prompt = chat.prompt(messages, unfinished=bool(made.randrange(2)))
    except EngineError as error:
        assert str(error)
    else:
        assert all(isinstance(part, bytes) or part in (1, 2, 3) for part in prompt)


_MODEL = SimpleNamespace(special=lambda name: (1, "<s>"))


@functools.cache
def _renderer_of_the_engine() -> Callable[[str, Any, str], Any]:
    from assistant.llm import llama

    return llama._renderer


def _renderer(text: str, model: Any) -> Any:
    """The door that a model file's template comes through."""
    return _renderer_of_the_engine()(text, model, "model.gguf")


# ---- text ----------------------------------------------------------------------------------------------------------


def terminal_text(made: Made) -> None:
    text = made.text(20)
    clean, line = terminal.clean(text), terminal.one_line(text)
    assert len(clean) == len(text) and terminal.clean(clean) == clean and not _STEERING.search(clean)
    assert len(line.splitlines()) <= 1 and not _STEERING.search(line)
    hidden = redact(text)
    assert not contains_key(hidden) and redact(hidden) == hidden


def sentences(made: Made) -> None:
    text, first = made.text(20), bool(made.randrange(2))
    whole, pieces = SentenceSplitter(first), SentenceSplitter(first)
    units = [*whole.feed(text), *whole.flush()]
    assert units == [unit for piece in made.cut(text) for unit in pieces.feed(piece)] + pieces.flush()
    assert "".join("".join(units).split()) == "".join(text.split()) and all(unit.strip() for unit in units)
    assert text.startswith(whole_sentences(text).strip()) or text.lstrip().startswith(whole_sentences(text).lstrip())


def thoughts(made: Made) -> None:
    text = made.text(10)
    if made.randrange(2):
        text += made.choice(("</think>", "<think>", "[THINK]", "<|channel|>final<|message|>", "<|end|>")) + made.text(5)
    begun, held = bool(made.randrange(2)), bool(made.randrange(2))
    said = []
    for pieces in ([text], made.cut(text), list(text)):
        one = Thoughts(begun, held)
        said.append((("".join([*map(one.feed, pieces), one.flush()])), one.thinking, one.closed_alone))
    assert said[0] == said[1] == said[2], said


def anonymiser(made: Made) -> None:
    text = made.text(10)
    hidden = Anonymiser([text]).text(text)
    assert "sk-abcdef123456" not in hidden and "ann@example.com" not in hidden
    assert not re.search(r"[0-9]", re.sub(r"\[[a-z-]+ \d+\]", "", hidden)), hidden


def spoken(made: Made) -> None:
    text, language = made.text(5), made.choice(("en", "de", "fr", "es", "it", "en-GB", "pl"))
    words = speakable(text, language)
    assert not _UNSAYABLE.search(words) and speakable(words, language) == words
    parts = [heard_prefix(text, words, spoken, language) for spoken in (0, len(words) // 2, len(words))]
    assert text.startswith(parts[1]) and len(parts[0]) <= len(parts[1]) <= len(parts[2]) and parts[2] == text


def tool_result(made: Made) -> None:
    text, budget = made.text(20), made.choice((100, 300, 1500))
    cut = results.cut(text, budget)
    assert len(cut) <= budget and not re.search(r"<\s*([/|!?]|[^\W\d])", cut), cut
    asked = results.question(text, {"to": text, "amount": [text]})
    assert asked.startswith("Shall I ") and "\n" not in asked and len(asked) < 600, asked


def spoken_command(made: Made) -> None:
    words = " ".join(
        made.choice(_COMMAND_WORDS) if made.randrange(3) else made.text(2) for _ in range(made.randrange(20))
    )
    now = datetime(2026, 12, 2, 15, 20, tzinfo=UTC)
    for found in _matcher().understood(words, now):
        assert found.words == words and all(value != "" for value in found.values.values()), found
    corrected = corrections.corrected(
        f"{words}, no, {made.text(2)}", lambda text: _matcher().understood(text, now), now
    )
    assert all(", no, " not in found.words for found in corrected), corrected


def learned_command(made: Made) -> None:
    words = " ".join(
        made.choice(_COMMAND_WORDS) if made.randrange(4) else made.text(2) for _ in range(made.randrange(30))
    )
    now = datetime(2026, 12, 2, 15, 20, tzinfo=UTC)
    guess = learned.shipped().guess(words, now)
    assert guess is None or 0 < guess.chance <= 1 and all(guess.slots.values()), guess
    for found in learned.shipped().plainly(words, now):
        assert found.words and found.names, found


_COMMAND_WORDS = (
    "set a timer for 5 minutes and then add milk to the list please could you remind me what time is it turn of light "
    "volume 30 % remember that plus at too Santa don't what's , . ?"
).split()


@functools.cache
def _matcher() -> Matcher:
    return Matcher(COMMANDS)


def home_words(made: Made) -> None:
    text = made.text(8)
    words = core(text, "en")
    assert core(words, "en") == words
    plainer(words)
    plain.request(text, "en")
    if made.randrange(10) == 0:  # hassil takes a millisecond
        request = _home_templates().request(text)
        assert request is None or request.intent.startswith("Hass")


@functools.cache
def _home_templates() -> Templates:
    return Templates("en", Registry((Entity("light.a", ("Desk Lamp",)),)))


# ---- memory --------------------------------------------------------------------------------------------------------


def memory(made: Made) -> None:
    """Any words to any command of the memory: kept as one line that comes back, or nothing."""
    with tempfile.TemporaryDirectory() as name:
        kept = Memory(Path(name) / "me.md")
        unused: Any = SimpleNamespace(told=lambda: [made.text()])
        here = Here(lambda: datetime(2026, 12, 2, tzinfo=UTC), Path(name), unused, unused, kept, turn=1)
        for row in (*memory_skill.COMMANDS, *memory_skill.COMMANDS):
            words = made.text()
            values = dict.fromkeys(("fact", "topic", "correction"), words)
            before = kept.facts()
            try:
                action = memory_skill.run(Command(row.name, values, words), here)
            except Impossible:
                continue
            assert kept.facts() == before
            if action and action.do:
                asyncio.run(action.do())
            assert Memory(kept.path).facts() == kept.facts()
            memory_skill.match(words, "en", here)
            assert tokens(block(kept.facts())) <= BUDGET


TARGETS: dict[str, Callable[[Made], None]] = {
    "endpoint": endpoint_reply,
    "config": config_file,
    "journal": journal_file,
    "template": template,
    "terminal": terminal_text,
    "sentences": sentences,
    "thoughts": thoughts,
    "anonymiser": anonymiser,
    "spoken": spoken,
    "tool's result": tool_result,
    "spoken command": spoken_command,
    "learned command": learned_command,
    "home's words": home_words,
    "memory": memory,
    "decoded": parsers.decoded,
    "document": parsers.document,
    "packed document": parsers.packed_document,
    "pdf document": parsers.pdf_document,
    "workbook": office.workbook,
    "slides": office.slides,
    "open document": office.open_document,
    "rich text": office.rich_text,
}

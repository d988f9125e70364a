"""Every way by which words of others come to the terminal: documents, tools, facts, lists, skills, models, comparisons,
machines elsewhere, devices, the screen. None steers it; and nothing but the door in assistant/terminal.py writes to it.
"""

from __future__ import annotations

import ast
import dataclasses
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant import events
from assistant.retrieved import CitedPassage, Retrieved
from assistant.screen.live import LiveScreen
from assistant.screen.plain import PlainScreen
from assistant.turn import Turn
from tests.compare.helpers import FACTS, recorded, right
from tests.fake_openai import FakeOpenAI
from tests.on_terminal import HOSTILE, MARKUP, NAME, on_a_terminal, raw, shown

ROOT = Path(__file__).parents[1]
TEXT = f"{HOSTILE} {MARKUP}"
LINE = TEXT.replace("\0", "")
FILE = f"{NAME}[link=http:evil]".replace("\\", "")
SERVER = """
import json, sys
LINE = json.loads({line!r})
print(LINE, file=sys.stderr, flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    result = {{
        "initialize": {{"protocolVersion": "2025-06-18", "capabilities": {{"tools": {{}}}},
                        "serverInfo": {{"name": LINE, "version": LINE}}, "instructions": LINE}},
        "tools/list": {{"tools": [{{"name": "look", "title": LINE, "description": LINE,
                                   "inputSchema": {{"type": "object", "properties": {{LINE: {{}}}}}}}}]}},
        "tools/call": {{"content": [{{"type": "text", "text": LINE}}]}},
    }}.get(asked.get("method"))
    if "id" in asked:
        told = {{"result": result}} if result else {{"error": {{"code": -32601, "message": LINE, "data": LINE}}}}
        print(json.dumps({{"jsonrpc": "2.0", "id": asked["id"], **told}}), flush=True)
"""
SKILL = f"""
from assistant.skills import Action, command
COMMANDS = (command("owned.it", {LINE!r}, "please own it"),)
def run(command, here):
    return Action({LINE!r})
"""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)


def memory(*words: str) -> Callable[[Path], str]:
    def path(place: Path) -> str:
        (place / "me.md").write_text(f"- 2026-12-02: my car is {LINE}\n", encoding="utf-8")
        return on_a_terminal("memory", *words, f"--set=memory.path={place}")

    return path


def tools(*words: str) -> Callable[[Path], str]:
    def path(place: Path) -> str:
        (place / "server.py").write_text(SERVER.format(line=json.dumps(LINE)), encoding="utf-8")
        settings = (
            f"[mcp.house]\ncommand = {json.dumps(sys.executable)}\nargs = [{json.dumps(str(place / 'server.py'))}]\n"
        )
        (place / "own.toml").write_text(settings, encoding="utf-8")
        return on_a_terminal("tools", *words, "--config", str(place / "own.toml"))

    return path


def broken_tools(place: Path) -> str:
    words = ["-c", f"import sys; print({LINE!r}, file=sys.stderr); sys.exit(3)"]
    settings = f"[mcp.house]\ncommand = {json.dumps(sys.executable)}\nargs = {json.dumps(words)}\n"
    (place / "own.toml").write_text(settings, encoding="utf-8")
    return on_a_terminal("tools", "list", "--config", str(place / "own.toml"))


def a_skill(place: Path) -> str:
    (place / "skills").mkdir()
    (place / "skills" / "own.py").write_text(SKILL, encoding="utf-8")
    return on_a_terminal("ask", "Please own it.", f"--set=skills.path={place / 'skills'}")


def a_skill_that_fails(place: Path) -> str:
    (place / "skills").mkdir()
    (place / "skills" / f"{FILE}.py").write_text(f"raise ValueError({LINE!r})", encoding="utf-8")
    return on_a_terminal("ask", "What time is it?", f"--set=skills.path={place / 'skills'}")


def a_list(place: Path) -> str:
    (folder := place / "voice-assistant" / "skills" / "lists").mkdir(parents=True)
    for name in ("shopping", "shopping list"):
        (folder / f"{name}.md").write_text(f"- [ ] {LINE}\n", encoding="utf-8")
    return on_a_terminal("ask", "What is on my shopping list?")


def documents(*words: str) -> Callable[[Path], str]:
    def path(place: Path) -> str:
        (folder := place / "documents").mkdir()
        (folder / f"{FILE}.html").write_text(
            f"<html><title>{LINE}</title><body><h1>{LINE}</h1><p>The gardener owns {LINE}.</p></body></html>",
            encoding="utf-8",
        )
        (folder / f"{FILE}.pdf").write_bytes(b"%PDF-1.4 " + LINE.encode())
        (folder / f"[{NAME}.txt").write_text(f"{LINE}\n", encoding="utf-8")
        (folder / "[red].txt").write_text("The gardener owns a red hat.", encoding="utf-8")
        store = f"--set=rag.path={place / 'store'}"
        added = on_a_terminal("rag", "add", str(folder), store)
        return added + (on_a_terminal("rag", *words, store) if words else "")

    return path


def a_model_file(place: Path) -> str:
    import gguf

    writer = gguf.GGUFWriter(place / f"{FILE}.gguf", "llama")
    for add in (writer.add_name, writer.add_author, writer.add_license, writer.add_description):
        add(LINE)
    writer.add_uint32("llama.block_count", 2)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return on_a_terminal("models", "fit", str(place / f"{FILE}.gguf"))


def models_of_an_endpoint(place: Path) -> str:
    with FakeOpenAI(models=[LINE, f"{LINE} two"]) as server:
        flags = ("engine=openai", "preset=custom", f"base_url={server.url}", "model=auto")
        return on_a_terminal("ask", "Why?", *(f"--set=llm.{flag}" for flag in flags))


def runs(place: Path) -> str:
    from training.runs import Run

    (folder := place / "voice-assistant" / "training" / "one").mkdir(parents=True)
    fields = ("base", "base_name", "base_hash", "licence", "system", "data", "data_hash", "trainer", "state", "made")
    metrics = {"loss": 1.0, "held_out_loss": 1.0}
    Run(folder, **dict.fromkeys(fields, LINE), recipe={LINE: LINE}, metrics=metrics, exports={LINE: {}}).save()
    return on_a_terminal("train", "list")


def rows(place: Path) -> str:
    asked = [{"question": f"{LINE} {number}?", "answer": LINE, LINE: LINE} for number in range(12)]
    text = "".join(json.dumps(row) + "\n" for row in [*asked, *asked]) + f'{{"question": "{LINE}\n'
    (place / f"{FILE}.jsonl").write_text(text, encoding="utf-8")
    return on_a_terminal("train", "check", str(place / f"{FILE}.jsonl"))


def a_comparison(*more: str) -> Callable[[Path], str]:
    def path(place: Path) -> str:
        arms = {"base": right(FACTS, 5), LINE: {**right(FACTS, 15), "f1": LINE}}
        recorded(place / "c", arms, FACTS, failed={f"{LINE} two": LINE}, settings={"llm.model": LINE})
        return on_a_terminal("compare", "report", str(place / "c"), *more)

    return path


def machines(place: Path) -> str:
    (place / "bin").mkdir()
    (place / "bin" / "sky").write_text(f"#!{sys.executable}\nprint({LINE!r})\nraise SystemExit(1)\n", encoding="utf-8")
    (place / "bin" / "sky").chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(place / "bin"))
        return on_a_terminal("rent", "plan")


def devices(place: Path) -> str:
    from assistant.audio import devices as audio

    found = audio.Device(0, f"Card {LINE}", LINE, 1, 1, 48000.0, True, True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audio, "devices", lambda: [found])
        return on_a_terminal("devices") + on_a_terminal("doctor", "--no-sound", "--set=audio.input=nothing like it")


def a_book(place: Path) -> str:
    (place / f"{FILE}.html").write_text(
        f"<html><title>{LINE}</title><body><h1>{LINE}</h1><p>It was {LINE}.</p><h1>{LINE} two</h1></body></html>",
        encoding="utf-8",
    )
    return on_a_terminal("read", str(place / f"{FILE}.html"), "--dry-run")


def a_journal_for_review(place: Path) -> str:
    row = {"time": "2026-11-30T10:00:00+00:00", "turn": 1, "outcome": "answered"}
    said = dict.fromkeys(("conversation", "user", "reply", "heard"), LINE)
    (place / "journal.jsonl").write_text(json.dumps({**row, **said}) + "\n", encoding="utf-8")
    settings = f"--set=journal.path={place / 'journal.jsonl'}"
    return on_a_terminal("train", "make", "--from-journal", "--i-agree", "--out", "-", settings) + on_a_terminal(
        "history", "--json", settings
    )


def the_screen(screen: type[LiveScreen] | type[PlainScreen]) -> Callable[[Path], str]:
    def path(place: Path) -> str:
        with shown() as got, screen() as view:
            view.note(TEXT)
            for event in every_event():
                view(event)
        return got.decode()

    return path


def every_event() -> list[events.Event]:
    """With hostile words wherever there are words."""
    found: list = [events.StateChanged("listening"), events.TurnEnded(a_turn()), events.TurnEnded(a_turn("answered"))]
    for kind in vars(events).values():
        if dataclasses.is_dataclass(kind) and kind not in (events.StateChanged, events.TurnEnded):
            kinds = {"str": TEXT, "bool": True, "int": 1}
            found.append(kind(**{field.name: kinds.get(str(field.type), TEXT) for field in dataclasses.fields(kind)}))
    return found


def a_turn(outcome: str = "interrupted") -> Turn:
    names = [field.name for field in dataclasses.fields(CitedPassage)]
    passage = CitedPassage(**{name: {"page": 1, "score": 1.0, "headings": (TEXT,)}.get(name, TEXT) for name in names})
    turn = Turn(1, TEXT, TEXT, TEXT, error=TEXT)
    turn.outcome = outcome  # type: ignore[assignment]
    turn.found = Retrieved(TEXT, passages=(passage,))
    return turn


PATHS: dict[str, Callable[[Path], str]] = {
    "facts": memory("list"),
    "facts that are exported": memory("export"),
    "facts to standard output": memory("export", "--out", "-"),
    "tools": tools("list"),
    "tools as JSON": tools("list", "--json"),
    "a tool's result": tools("try", "house/look"),
    "a tool that there is none of": tools("try", f"house/{NAME}"),
    "a permission": tools("allow", f"house/{NAME}"),
    "a server of tools that ends": broken_tools,
    "a skill of one's own": a_skill,
    "a skill that fails": a_skill_that_fails,
    "a list": a_list,
    "documents that are added": documents(),
    "documents": documents("list"),
    "passages": documents("search", "Who owns it?"),
    "a model file": a_model_file,
    "models of an endpoint": models_of_an_endpoint,
    "training runs": runs,
    "training rows": rows,
    "a comparison": a_comparison(),
    "a comparison as JSON": a_comparison("--json"),
    "machines elsewhere": machines,
    "devices": devices,
    "a book": a_book,
    "the journal": a_journal_for_review,
    "the live screen": the_screen(LiveScreen),
    "the plain screen": the_screen(PlainScreen),
}


@pytest.mark.parametrize("name", PATHS)
def test_no_words_of_others_steer_the_terminal(name: str, tmp_path: Path) -> None:
    told = PATHS[name](tmp_path)
    assert "owned" in told and not raw(told), raw(told)


# ---- one door ------------------------------------------------------------------------------------------------------

_PAST = {
    "sys.__stdout__", "sys.__stderr__", "sys.stdout.buffer", "sys.stderr.buffer", "rich.print", "console.Console",
    "progress.TextColumn", "markup.render",
}  # fmt: skip
_MAY = {
    "assistant/terminal.py": {"Console", "TextColumn"},
    "rag/template_child.py": {"sys.stdout.buffer"},  # a child, which speaks to its parent
}


def test_nothing_writes_to_the_terminal_past_its_door() -> None:
    past: list[str] = []
    for folder in ("assistant", "rag", "training"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            name = str(file.relative_to(ROOT))
            for found in _written_past(ast.parse(file.read_text(encoding="utf-8"))):
                if found not in _MAY.get(name, ()):
                    past.append(f"{name}: {found}")
    assert past == []


def _written_past(tree: ast.AST) -> list[str]:
    """What of `_PAST` it calls or reads."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (name := ast.unparse(node)) in _PAST:
            found.append(name)
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.rpartition(".")[2] in ("Console", "TextColumn"):
                found.append(called.rpartition(".")[2])
            if any(word.arg == "markup" and ast.unparse(word.value) == "True" for word in node.keywords):
                found.append("markup")
    return found

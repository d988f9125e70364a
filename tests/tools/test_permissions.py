from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp_types import Tool, ToolAnnotations

from assistant.settings.mcp import McpSettings
from assistant.tools.permissions import Seen, configured, digest, lists_with, permission

SERVER = McpSettings("mail", command="mail-server")
PATTERNS = st.lists(st.sampled_from(["send", "send_*", "*", "read", "s*", "send_mail", "?end"]), max_size=4)


def tool(name: str = "send", description: str = "Sends.", **hints: bool) -> Tool:
    annotations = ToolAnnotations(**hints) if hints else None
    return Tool(name=name, description=description, input_schema={"type": "object"}, annotations=annotations)


@pytest.mark.parametrize(
    "hints, expected",
    [
        ({}, "ask"),
        ({"read_only_hint": True}, "always"),
        ({"read_only_hint": False}, "ask"),
        ({"read_only_hint": True, "destructive_hint": True}, "ask"),
        ({"destructive_hint": False}, "ask"),
    ],
)
def test_only_what_says_that_it_reads_runs_unasked(hints: dict[str, bool], expected: str) -> None:
    assert permission(SERVER, tool(**hints), changed=False) == expected


@pytest.mark.parametrize(
    "allow, ask, never, expected",
    [
        (("send",), (), ("*",), "always"),
        (("send*",), (), ("*",), "always"),
        (("*",), (), ("send",), "never"),
        (("*",), (), ("*",), "never"),
        (("send",), ("send",), (), "ask"),
        (("s*",), ("send*",), (), "ask"),
        (("read",), (), (), None),
    ],
)
def test_the_most_exact_pattern_counts_and_the_stricter_of_two(allow, ask, never, expected) -> None:
    assert configured(replace(SERVER, allow=allow, ask=ask, never=never), "send") == expected


@given(allow=PATTERNS, ask=PATTERNS, never=PATTERNS, wanted=st.sampled_from(["always", "ask", "never"]))
def test_what_is_written_for_one_tool_counts_for_it_whatever_stood_there(allow, ask, never, wanted) -> None:
    server = replace(SERVER, allow=tuple(allow), ask=tuple(ask), never=tuple(never))
    changes = lists_with(server, "send", wanted)
    after = replace(server, **{key: tuple(names) for key, names in changes.items()})
    assert configured(after, "send") == wanted
    assert lists_with(after, "send", wanted) == {}
    others = [name for name in (*server.allow, *server.ask, *server.never) if name != "send"]
    assert [name for name in (*after.allow, *after.ask, *after.never) if name != "send"] == others


def test_a_changed_tool_never_runs_unasked() -> None:
    allowed = replace(SERVER, allow=("send",))
    assert permission(allowed, tool(), changed=True) == "ask"
    assert permission(SERVER, tool(read_only_hint=True), changed=True) == "ask"
    assert permission(replace(SERVER, never=("send",)), tool(), changed=True) == "never"


def test_a_digest_holds_words_schema_and_hints() -> None:
    other = tool().model_copy(update={"input_schema": {"type": "object", "properties": {"cc": {"type": "string"}}}})
    assert len({digest(each) for each in (tool(), tool(description="Sends!"), tool(read_only_hint=True), other)}) == 4
    assert digest(tool()) == digest(tool())


def test_what_was_seen_is_kept_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "tools.json"
    assert Seen(path).changed("mail", {"send": "1", "read": "2"}) == set()
    assert Seen(path).changed("mail", {"send": "X", "read": "2", "new": "3"}) == {"send"}
    assert Seen(path).changed("mail", {"send": "X"}) == {"send"}
    assert Seen(path).changed("other", {"send": "X"}) == set()
    Seen(path).agree("mail", {"send": "X"})
    assert Seen(path).changed("mail", {"send": "X", "read": "2", "new": "3"}) == set()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "[1]", "{", json.dumps({"mail": 3})])
def test_a_damaged_file_counts_as_nothing_seen(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tools.json"
    path.write_text(text)
    assert Seen(path).changed("mail", {"send": "1"}) == set()
    assert Seen(path).changed("mail", {"send": "2"}) == {"send"}

"""Chat templates from anywhere: none takes time or memory without bound, opens a file, or ends the program."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import EngineError
from assistant.llm import Message
from assistant.llm.chat_template import ChatTemplate
from assistant.llm.llama import _renderer
from rag import templates
from rag.templates import BadTemplate, BrokenTemplate, Template

ASKED = [{"role": "user", "content": "Hi"}]
_GROWING = "{% set n = namespace(s=START) %}{% for i in range(60) %}{% set n.s = STEP %}{% endfor %}{{ END }}"
ENDLESS = {
    "nested loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "macros that call themselves twice": (
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}"
    ),
    "a list in itself, written": _GROWING.replace("START", "[1]")
    .replace("STEP", "[n.s, n.s]")
    .replace("END", "n.s|string|length"),
    "powers": "{{ (('9' * 4000)|int) ** 99999 }}",
    "slice": "{{ [1]|slice(10**9, 'x')|list }}",
}
LARGE = {
    "doubled text": _GROWING.replace("START", "'aaaaaaaa'").replace("STEP", "n.s ~ n.s").replace("END", "n.s"),
    "a constant": "{{ 'a' * 10**10 }}",
    "center": "{{ 'a'|center(10**10) }}",
    "ljust": "{{ 'a'.ljust(10**10) }}",
    "indent": "{{ ('a\n' * 100000)|indent(10**6) }}",
    "percent": "{{ '%10000000000d' % 1 }}",
    "format": "{{ '{:>10000000000}'.format(1) }}",
    "a width from outside": "{{ '%*d'|format(10**9, 1) }}",
    "replace": "{{ ('a' * 10**5)|replace('a', 'b' * 10**6) }}",
    "join": "{{ range(100000)|join('x' * 10**6) }}",
    "batch": "{{ [1]|batch(10**10, 'x')|list }}",
    "wordwrap": "{{ ('a ' * 10**6)|wordwrap(1, True, 'x' * 10**6) }}",
    "strftime": "{{ strftime_now('%Y' * 10**9) }}",
    "joiner": "{% set c = joiner('x' * 10**7) %}{% for a in range(1000) %}{{ c() }}{% endfor %}",
}
REFUSED = {
    "range": "{{ range(10**9)|list }}",
    "include": "{% include '/etc/passwd' %}",
    "import": "{% import '/etc/passwd' as x %}",
    "what Python keeps": "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "its own words": "{{ raise_exception('x' * 10**7) }}",
    "a macro without end": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "a loop in itself": "{% for i in [1, 2] recursive %}{{ loop([1, 2]) }}{% endfor %}",
    "syntax": "{% for %}",
    "depth": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "many nested loops": "{% for a in b %}" * 300 + "{% endfor %}" * 300,
}


def rendered(text: str, **variables) -> str:
    return Template(text, seconds=0.15, **variables).render(ASKED)


@pytest.fixture(autouse=True)
def small():
    """No hostile template costs this process memory."""
    before = psutil.Process().memory_info().rss
    yield
    assert psutil.Process().memory_info().rss - before < 100e6


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_a_template_that_does_not_end_is_ended(text: str) -> None:
    with pytest.raises(BrokenTemplate, match="^it takes more (time|memory) than any template needs$"):
        rendered(text)


@pytest.mark.parametrize("text", LARGE.values(), ids=LARGE)
def test_a_template_that_fills_the_memory_is_ended(text: str) -> None:
    with pytest.raises(BrokenTemplate, match="^it takes more (time|memory) than any template needs$"):
        rendered(text)


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_a_template_that_reaches_further_is_refused_in_a_few_words(text: str) -> None:
    with pytest.raises(BadTemplate) as caught:
        rendered(text)
    assert 3 < len(str(caught.value)) <= 300


def test_what_is_broken_is_not_tried_again_and_others_are_rendered_as_before() -> None:
    broken, sound = Template(LARGE["a constant"]), Template("{{ messages[0].content }}{{ bos }}", bos="!")
    for _ in range(2):
        with pytest.raises(BrokenTemplate):
            broken.render(ASKED)
        assert sound.render(ASKED) == "Hi!"
    child = templates.child.running().pid
    with pytest.raises(BrokenTemplate):
        broken.render([*ASKED, *ASKED])
    assert templates.child.running().pid == child


def test_a_template_may_refuse_some_messages_and_take_others() -> None:
    template = Template(
        "{% if messages|length > 1 %}{{ raise_exception('one only') }}{% endif %}{{ messages[0].content }}"
    )
    with pytest.raises(BadTemplate, match="^one only$"):
        template.render([*ASKED, *ASKED])
    assert template.render(ASKED) == "Hi"


def test_the_same_messages_are_rendered_once_unless_the_template_tells_the_time(monkeypatch) -> None:
    asked: list[dict] = []
    real = templates._asked
    monkeypatch.setattr(templates, "_asked", lambda question: asked.append(question) or real(question))
    plain, dated = Template("{{ messages }}"), Template("{{ strftime_now('%Y') }}")
    minutes = iter((60.0, 60.0, 120.0))
    monkeypatch.setattr(templates.time, "time", lambda: next(minutes))
    assert {plain.render(ASKED) for _ in range(3)} and len(asked) == 1
    assert all(re.fullmatch(r"\d{4}", dated.render(ASKED)) for _ in range(3)) and len(asked) == 3


def test_a_child_that_somebody_ends_is_started_anew() -> None:
    template = Template("{{ messages[0].content }}{{ n }}")
    assert template.render(ASKED, n=1) == "Hi1"
    templates.child.running().kill()
    assert template.render(ASKED, n=2) == "Hi2"


def test_the_child_has_no_key_and_opens_no_file(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    templates.child.running(), templates.child.end()
    child = psutil.Process(templates.child.running().pid)
    assert rendered("{{ 1 }}") == "1"
    assert not any("KEY" in name for name in child.environ())
    assert child.rlimit(psutil.RLIMIT_NOFILE) == (3, 3) and child.rlimit(psutil.RLIMIT_FSIZE) == (0, 0)


def test_the_child_ends_with_the_program() -> None:
    program = (
        "import os; from rag import templates; templates.start(); print(templates.child.running().pid); os._exit(1)"
    )
    pid = int(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stdout)
    try:
        psutil.Process(pid).wait(20)
    except psutil.NoSuchProcess:
        pass
    assert not psutil.pid_exists(pid)


def test_a_fork_has_a_child_of_its_own() -> None:
    assert rendered("{{ 1 }}") == "1"
    ours = templates.child.running().pid
    pid = os.fork()
    if pid == 0:
        os._exit(0 if rendered("{{ 2 }}") == "2" and templates.child.running().pid != ours else 1)
    assert os.waitpid(pid, 0)[1] == 0 and rendered("{{ 3 }}") == "3"


class Model:
    def special(self, which: str) -> tuple[int, str]:
        return 0, f"<{which}>"


def test_the_user_is_told_which_file_and_what_to_do() -> None:
    for text in (LARGE["a constant"], "{% for %}"):
        with pytest.raises(
            EngineError, match=r"^bad\.gguf has a chat template that cannot be used: .*; choose another \[llm\] model$"
        ):
            ChatTemplate(_renderer(text, Model(), "bad.gguf"), {}, None, False)


def test_a_template_that_turns_later_fails_that_turn() -> None:
    text = (
        "{% for m in messages %}{{ m.content }}{% endfor %}"
        "{% if messages|length > 4 %}{{ 'a' * 10**10 * messages|length }}{% endif %}"
    )
    template = ChatTemplate(_renderer(text, Model(), "bad.gguf"), {}, None, False)
    assert template.prompt([Message("system", "Be brief."), Message("user", "Hi")])
    with pytest.raises(EngineError, match="bad.gguf has a chat template that cannot be used"):
        template.prompt(
            [Message("system", "a"), *[Message("user", "b"), Message("assistant", "c")] * 2, Message("user", "d")]
        )


_PARTS = st.sampled_from(
    [
        "messages", "'ab'", "[1, 2]", "{'a': 1}", "10**9", "m", "n.s", "loop", "range(99999)", "('a' * 10**8)",
        "lipsum()", "cycler('a')", "self", "namespace(s='x')", "(m ~ m)", "[n.s, n.s]", "'%99999d' % 1",
    ]
)  # fmt: skip
_FILTERS = st.sampled_from(
    [
        "",
        "|list",
        "|join('x' * 999)",
        "|center(10**8)",
        "|tojson",
        "|replace('a', 'b' * 10**6)",
        "|string",
        "|length",
        "|batch(9)|list",
    ]
)
_EXPRESSIONS = st.builds("{}{}".format, _PARTS, _FILTERS)
_TEMPLATES = st.recursive(
    st.builds("{{{{ {} }}}}".format, _EXPRESSIONS) | st.builds("{{% set n = namespace(s={}) %}}".format, _EXPRESSIONS),
    lambda inner: (
        st.builds("{{% for m in {} %}}{}{{% endfor %}}".format, _EXPRESSIONS, inner)
        | st.builds("{{% if {} %}}{}{{% endif %}}".format, _EXPRESSIONS, inner)
        | st.builds("{{% macro m(a) %}}{}{{% endmacro %}}{{{{ m(1) }}}}".format, inner)
        | st.builds("{}{}".format, inner, inner)
    ),
    max_leaves=6,
)


@settings(max_examples=25)
@given(_TEMPLATES)
def test_no_template_escapes(text: str) -> None:
    try:
        assert len(Template(text, seconds=0.05).render(ASKED)) <= 4_000_000
    except BadTemplate as error:
        assert str(error)

"""Any config.toml, environment and --set: settings, or one sentence that says what is wrong."""

from __future__ import annotations

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import cli, config
from assistant.errors import UsageError
from tests.fuzz.examples import damaged, examples

SHIPPED = (Path(__file__).parents[2] / "config.toml").read_bytes()
NAMES = list(config.keys())
SECTIONS = sorted({name.partition(".")[0] for name in NAMES})
WORDS = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=8)
VALUES = st.one_of(
    st.sampled_from(
        [
            "nan",
            "-inf",
            "1e400",
            "0x10",
            "9" * 30,
            "[1, 'a']",
            "{ a = 1 }",
            '"auto"',
            "''",
            "1979-05-27T07:32:00Z",
            "07:32:00",
        ]
    ),
    st.integers().map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.booleans().map(lambda value: str(value).lower()),
    st.text(max_size=12).map(lambda text: '"' + text.replace("\\", "").replace('"', "") + '"'),
    st.text(max_size=6),
)


@st.composite
def written(draw) -> bytes:
    """A config.toml that somebody might have meant."""
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        section = draw(st.sampled_from(SECTIONS) | WORDS)
        lines.append(draw(st.sampled_from(["[{}]", "[[{}]]", "[{}.more]", "{}"])).format(section))
        for _ in range(draw(st.integers(0, 3))):
            key = draw(st.sampled_from([name.partition(".")[2] for name in NAMES]) | WORDS)
            lines.append(f"{key} = {draw(VALUES)}")
    return "\n".join(lines).encode("utf-8", "surrogatepass")


@examples(60)
@given(content=written() | damaged([SHIPPED], head=len(SHIPPED)) | st.binary(max_size=60))
def test_a_file(tmp_path, content) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    try:
        config.load(path, environment={})
    except UsageError as error:
        assert str(path) in str(error)


@examples(30)
@given(given_=st.lists(st.tuples(st.sampled_from(NAMES) | WORDS, VALUES), min_size=1, max_size=3), spaces=st.booleans())
def test_the_command_line(capsys: pytest.CaptureFixture[str], given_, spaces) -> None:
    middle = " = " if spaces else "="
    assert cli.main(["config", *(f"--set={name}{middle}{value}" for name, value in given_)]) in (0, 2)
    said = capsys.readouterr().err
    assert "unexpected" not in said and "Traceback" not in said, said


@examples(60)
@given(given_=st.dictionaries(st.sampled_from(NAMES) | WORDS, VALUES, min_size=1, max_size=3))
def test_the_environment(given_) -> None:
    variables = {"ASSISTANT_" + name.upper().replace(".", "__"): value for name, value in given_.items()}
    try:
        config.load(None, {}, variables)
    except UsageError as error:
        assert "ASSISTANT_" in str(error)

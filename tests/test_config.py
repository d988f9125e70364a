from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import cli, config, folders, secrets, trust
from assistant.errors import UsageError
from assistant.secrets import contains_key, redact

SHIPPED = Path(__file__).parent.parent / "config.toml"
NAMES = list(config.keys())
KEY = "sk-proj-0123456789abcdef"


def load(tmp_path: Path, text: str = "", flags=None, environment=None) -> config.Loaded:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path, flags, environment or {})


def refusal(*args, **kwargs) -> str:
    with pytest.raises(UsageError) as error:
        load(*args, **kwargs)
    return str(error.value)


def comments_above_keys() -> dict[str, str]:
    """section.key -> the comment lines directly above it in config.toml, as one line of text."""
    found, section, comment = {}, "", []
    for line in SHIPPED.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            comment.append(line[1:].strip())
        elif line.startswith("["):
            section, comment = line.strip("[]"), []
        elif "=" in line:
            found[f"{section}.{line.split('=')[0].strip()}"] = " ".join(comment)
        else:
            comment = []
    return found


def test_the_shipped_file_has_every_key_with_its_default() -> None:
    document = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    written = {f"{section}.{key}": value for section, keys in document.items() for key, value in keys.items()}
    assert written == {name: key.default for name, key in config.keys().items()}
    assert config.load(SHIPPED, environment={}).settings == config.Settings()


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_file_explains_every_key_as_the_program_does(name: str) -> None:
    comment, about = comments_above_keys()[name], config.keys()[name].metadata
    assert about["help"] in comment
    if about["choices"]:
        assert f"Allowed: {', '.join(about['choices'])}." in comment
    elif about["low"] is not None:
        assert f"Allowed: {about['low']:.12g} to {about['high']:.12g}." in comment


def test_what_the_file_leaves_out_has_its_default(tmp_path) -> None:
    assert load(tmp_path).settings == config.Settings()
    assert set(load(tmp_path).origin.values()) == {"default"}


def test_flags_win_over_the_environment_over_the_file(tmp_path) -> None:
    text = "[llm]\ntemperature = 0.1\nmax_tokens = 10\nseed = 1\n"
    loaded = load(
        tmp_path,
        text,
        {"llm.temperature": "0.9"},
        {"ASSISTANT_LLM__TEMPERATURE": "0.5", "ASSISTANT_LLM__MAX_TOKENS": "50", "ASSISTANT_TEST_DATA": "x"},
    )
    assert (loaded.settings.llm.temperature, loaded.settings.llm.max_tokens, loaded.settings.llm.seed) == (0.9, 50, 1)
    assert loaded.origin["llm.temperature"] == "command line"
    assert loaded.origin["llm.max_tokens"] == "ASSISTANT_LLM__MAX_TOKENS"
    assert loaded.origin["llm.seed"] == str(tmp_path / "config.toml")


def test_the_file_is_looked_for_here_then_in_the_users_folder_then_in_a_checkout(tmp_path, monkeypatch) -> None:
    here, own, checkout = (tmp_path / name for name in ("here", "own", "checkout"))
    for folder in (here, own, checkout):
        folder.mkdir()
        (folder / "config.toml").touch()
    monkeypatch.chdir(here)
    monkeypatch.setattr(config, "config_folder", lambda: own)
    monkeypatch.setattr(config, "checkout", lambda: checkout)
    found = []
    for folder in (here, own, checkout):
        found.append(config.load(environment={}).path.resolve().parent)
        (folder / "config.toml").unlink()
    assert found == [here, own, checkout]
    assert config.load(environment={}).path is None


def test_what_lies_beside_an_installed_package_is_no_settings_file(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(folders, "__file__", str(tmp_path / "site-packages" / "assistant" / "folders.py"))
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "site-packages" / "config.toml").write_text("[llm]\nseed = 3\n", encoding="utf-8")
    assert config.load(environment={}).path is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[llm]\ntemprature = 1", "[llm] temprature is not a setting; did you mean temperature?"),
        ("[lm]\ntemperature = 1", "[lm] is not a section; did you mean llm?"),
        ("[tts]\ntemperature = 1", "[tts] temperature is not a setting; did you mean [llm] temperature?"),
        ("temperature = 1", "temperature stands outside a section; did you mean [llm] temperature?"),
        ("llm = 3", "llm stands outside a section; write it below [llm]"),
        ("[llm]\nzzz = 1", "zzz is not a setting; known are: engine, model"),
        ("[llm]\nengine = 'lama'", "[llm] engine must be one of llama, openai, not 'lama'; did you mean llama?"),
        ("[llm]\nmax_tokens = 7", "[llm] max_tokens must be from 8 to 8192, not 7"),
        ("[llm]\nmax_tokens = true", "must be a whole number, not True"),
        ("[llm]\nmax_tokens = 9.5", "must be a whole number, not 9.5"),
        ("[llm]\ntemperature = '1'", "must be a number, not '1'"),
        ("[llm]\ntemperature = nan", "must be from 0 to 2, not nan"),
        ("[llm]\ntemperature = 1" + "0" * 400, "must be a number"),
        ("[llm]\nmax_tokens = 1" + "0" * 5000, "is not valid TOML"),
        ("[llm]\nsystem_prompt = 5", "must be text in quotes, not 5"),
        ("[vad]\nthreshold = 0.96", "must be from 0.05 to 0.95"),
        ("[journal]\nenabled = 'yes'", "must be true or false, not 'yes'"),
        ("[llm.deep]\nx = 1", "[llm] deep is not a setting"),
        ("[llm]\nmodel = ", "is not valid TOML"),
        ("[endpointing]\nsoft = 1.0", "soft (1) must not be larger than complete (0.2, from default)"),
    ],
)
def test_a_wrong_file_is_refused_with_file_key_and_what_is_allowed(tmp_path, text: str, expected: str) -> None:
    message = refusal(tmp_path, text)
    assert expected in message
    assert str(tmp_path / "config.toml") in message


def test_all_problems_are_told_at_once(tmp_path) -> None:
    message = refusal(
        tmp_path,
        "[llm]\ntemprature = 1\nseed = -1\n[tss]\nengine = 'x'",
        {"stt.engine": "wisper"},
        {"ASSISTANT_VAD__THRESHOLD": "loud"},
    )
    assert message.startswith("5 settings are wrong:")
    for part in (
        "temprature",
        "seed",
        "[tss]",
        "command line: stt.engine",
        "did you mean whisper?",
        "environment: ASSISTANT_VAD__THRESHOLD must be a number, not 'loud'",
    ):
        assert part in message


def test_unknown_names_from_environment_and_flags_are_refused(tmp_path) -> None:
    assert "ASSISTANT_LLM__CONTXT is not a setting; did you mean context?" in refusal(
        tmp_path, environment={"ASSISTANT_LLM__CONTXT": "3"}
    )
    assert "llm.contxt is not a setting" in refusal(tmp_path, flags={"llm.contxt": "3"})


@pytest.mark.parametrize(
    "text",
    [
        f"[llm]\nmodel = '{KEY}'",
        f"[llm]\napi_key = '{KEY}'",
        f"[llm]\nsystem_prompt = 'use {KEY} please'",
        f"[llm]\nengine = '{KEY}'",
        "[tts]\nopenai_voice = 'xai-0123456789abcdef'",
        "[llm]\nbase_url = 'http://me:0123456789abcdef@host/v1'",
    ],
)
def test_a_key_in_the_file_is_refused_and_never_shown(tmp_path, text: str) -> None:
    message = refusal(tmp_path, text)
    assert ".env" in message
    assert "0123456789abcdef" not in message


def test_a_key_in_flags_or_environment_is_never_shown(tmp_path) -> None:
    for flags, environment in (({"llm.model": KEY}, {}), ({KEY: "1"}, {}), ({}, {"ASSISTANT_LLM__SEED": KEY})):
        assert "0123456789abcdef" not in refusal(tmp_path, "", flags, environment)


def test_ordinary_names_are_not_taken_for_keys() -> None:
    for text in (
        "task-oriented-dialogue",
        "bartowski/Llama-3.2-3B-Instruct-GGUF:Llama-3.2-3B-Instruct-Q4_K_M.gguf",
        "http://localhost:8000/v1",
        "risk-averse answers",
        "xai",
        "sk",
        "You are a bearer of news.",
    ):
        assert not contains_key(text)


def test_a_secret_is_read_from_environment_or_dotenv_and_hidden_from_then_on(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert secrets.secret("OPENAI_API_KEY") is None
    (tmp_path / ".env").write_text("OPENAI_API_KEY=plain-words-only\n")
    trust.decide(tmp_path, True)
    assert secrets.secret("OPENAI_API_KEY") == "plain-words-only"
    monkeypatch.setenv("OPENAI_API_KEY", " from-environment\n")
    assert secrets.secret("OPENAI_API_KEY") == "from-environment"
    assert redact("401: plain-words-only, from-environment") == "401: [key-hidden], [key-hidden]"


def test_a_byte_order_mark_is_accepted(tmp_path) -> None:
    (tmp_path / "config.toml").write_bytes(b"\xef\xbb\xbf[llm]\nseed = 4\n")
    assert config.load(tmp_path / "config.toml", environment={}).settings.llm.seed == 4


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path) -> None:
    with pytest.raises(UsageError, match="no such config file; give --config an existing one"):
        config.load(tmp_path / "none.toml", environment={})
    with pytest.raises(UsageError, match="give ASSISTANT_CONFIG an existing one"):
        config.load(environment={"ASSISTANT_CONFIG": str(tmp_path / "none.toml")})
    (tmp_path / "config.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="save it as UTF-8"):
        config.load(tmp_path / "config.toml", environment={})


@given(name=st.sampled_from(NAMES), text=st.text(max_size=30), by_flag=st.booleans())
def test_any_text_for_any_key_gives_a_value_that_is_allowed_or_one_clear_refusal(name, text, by_flag) -> None:
    variable = "ASSISTANT_" + name.replace(".", "__").upper()
    flags, environment = ({name: text}, {}) if by_flag else ({}, {variable: text})
    try:
        loaded = config.load(SHIPPED, flags, environment)
    except UsageError as error:
        assert (name if by_flag else variable) in str(error) or "endpointing" in name
        return
    section, key = name.split(".")
    value, about = getattr(getattr(loaded.settings, section), key), config.keys()[name]
    assert type(value) is type(about.default)
    assert not about.metadata["choices"] or value in about.metadata["choices"]
    assert about.metadata["low"] is None or about.metadata["low"] <= value <= about.metadata["high"]


@given(
    data=st.data(),
    name=st.sampled_from(
        [
            name
            for name in NAMES
            if not isinstance(config.keys()[name].default, str) and not name.startswith("endpointing.")
        ]
    ),
)
def test_what_a_key_allows_can_be_given_as_text(data, name) -> None:
    about = config.keys()[name]
    kind, (low, high) = type(about.default), (about.metadata["low"], about.metadata["high"])
    value = data.draw(
        st.booleans() if kind is bool else st.integers(low, high) if kind is int else st.floats(low, high)
    )
    loaded = config.load(SHIPPED, {}, {"ASSISTANT_" + name.replace(".", "__").upper(): str(value)})
    section, key = name.split(".")
    assert getattr(getattr(loaded.settings, section), key) == value


@given(st.text())
def test_any_text_as_a_file_is_read_or_refused(tmp_path_factory, text) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(text, encoding="utf-8", errors="replace")
    try:
        config.load(path, environment={})
    except UsageError as error:
        assert str(path) in str(error)


def run(*argv: str) -> int:
    return cli.main(["config", *argv])


def test_the_command_shows_values_and_where_they_come_from(tmp_path, monkeypatch, capsys) -> None:
    path = tmp_path / "my.toml"
    path.write_text("[llm]\nseed = 7\n")
    monkeypatch.setenv("ASSISTANT_STT__ENGINE", "moonshine")
    assert run("--config", str(path), "--set", "llm.temperature=0") == 0
    rows = {line.split()[0]: line.split(maxsplit=2)[1:] for line in capsys.readouterr().out.splitlines()[1:]}
    assert list(rows) == NAMES
    assert rows["llm.seed"] == ["7", str(path)]
    assert rows["llm.temperature"] == ["0.0", "command line"]
    assert rows["stt.engine"] == ['"moonshine"', "ASSISTANT_STT__ENGINE"]
    assert rows["tts.engine"] == ['"auto"', "default"]


def test_the_command_can_show_only_what_was_changed(tmp_path, capsys) -> None:
    path = tmp_path / "my.toml"
    path.write_text("[llm]\nseed = 7\ncontext = 2048\n")
    assert run("--config", str(path), "--changed", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "file": str(path),
        "settings": {"llm.seed": {"value": 7, "from": str(path)}},
    }


def test_wrong_settings_end_the_command_with_exit_code_2(tmp_path, capsys) -> None:
    assert run("--config", str(SHIPPED), "--set", "llm.seed=x") == 2
    assert "command line: llm.seed must be a whole number, not 'x'" in capsys.readouterr().err

"""Who writes examples takes key and words to no other host, whatever the endpoint says."""

from __future__ import annotations

import json

import pytest

from assistant.cli import main
from assistant.compare.judge import Judge, settings_of
from assistant.errors import EngineError
from assistant.llm import LlmSettings, load
from assistant.llm.address import Elsewhere, blocking_client
from tests.llm.served import Server
from training.data.writer import EndpointWriter, first_model
from training.errors import TrainingError

WHOLE = {"choices": [{"message": {"role": "assistant", "content": "[]"}, "finish_reason": "stop"}]}
ASKED = [{"role": "user", "content": "Write."}]


def explained(error: Exception) -> tuple[str, str]:
    return f"{type(error).__name__} because of {type(error.__cause__).__name__}", "stop"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("own", [False, True], ids=["package", "assistant"])
def test_key_and_words_stay_with_the_host(status: int, own: bool) -> None:
    with Server(lambda body: (200, WHOLE, {})) as other:
        with Server(lambda body: (status, {}, {"Location": f"{other.url}/chat/completions"})) as server:
            client = blocking_client(server.url, "--base-url") if own else None
            writer = EndpointWriter(server.url, "secret", "m", "it", explained, sleep=lambda _: None, client=client)
            with pytest.raises(TrainingError, match=Elsewhere.__name__ if own else "APIStatusError"):
                writer.write(ASKED, {}, 10, 0)
            assert len(server.bodies) == 1, "it is not tried again"
    assert other.bodies == [] and other.keys == []


def test_a_redirect_within_the_host_is_followed_where_the_assistant_asks() -> None:
    moved: list[int] = []

    def answer(body: dict) -> object:
        moved.append(1)
        return (308, {}, {"Location": "/v2/chat/completions"}) if len(moved) == 1 else (200, WHOLE, {})

    with Server(answer) as server:
        client = blocking_client(server.url, "--base-url")
        writer = EndpointWriter(server.url, "k", "m", "it", explained, sleep=lambda _: None, client=client)
        assert writer.write(ASKED, {}, 10, 0).text == "[]"


@pytest.mark.parametrize("own", [False, True], ids=["package", "assistant"])
def test_the_key_follows_no_redirect_of_the_list_of_models(own: bool) -> None:
    with Server(lambda body: (200, WHOLE, {})) as other, Server(lambda body: (200, WHOLE, {})) as server:
        server.moved = f"{other.url}/models"
        client = blocking_client(server.url, "--base-url") if own else None
        try:
            first_model(server.url, "secret", "it", explained, client)
        except TrainingError:
            pass
        assert set(server.asked) == {"Bearer secret"}
        assert "Bearer secret" not in other.asked


def test_a_presets_key_goes_to_no_other_address(monkeypatch: pytest.MonkeyPatch, tmp_path, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-openai-only")
    monkeypatch.delenv("LLM_API_KEY", raising=False)
    (tmp_path / "few.json").write_text(json.dumps([{"instruction": "Ask.", "output": "Yes."}]))
    with Server(lambda body: (401, {"error": "no"}, {})) as server:
        main(
            ["train", "make", "--examples", "few.json", "--preset", "openai", "--base-url", server.url, "--count", "4"]
            + ["--model", "m", "--yes"]
        )
    assert server.keys and set(server.keys) == {"Bearer none"}


def test_nor_does_the_judge_of_a_comparison(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLM_API_KEY", "for-this-host")
    with Server(lambda body: (200, WHOLE, {})) as other:
        with Server(lambda body: (307, {}, {"Location": f"{other.url}/chat/completions"})) as server:
            judge = Judge(load(settings_of("custom/m", LlmSettings(), server.url), print))
            with pytest.raises(EngineError, match="not where the endpoint is"):
                judge.ask("Which is better?")
            judge.close()
    assert server.keys == ["Bearer for-this-host"] and other.keys == []

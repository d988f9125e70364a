"""Which arms a command line means, and what is missing for them, before anything starts."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from assistant.compare import arms
from assistant.config import GuardSettings, LlmSettings, Settings
from assistant.errors import AssistantError, EngineError, UsageError
from assistant.llm import gguf
from tests.data import tiny_gguf
from training.errors import TrainingError
from training.runs import Run

TINY = str(tiny_gguf())
SETTINGS = Settings(llm=LlmSettings(model=TINY))


def no_run(name: str) -> Run:
    raise TrainingError(f"there is no training run {name}")


@pytest.fixture
def finn(tmp_path):
    folder = tmp_path / "finn"
    (folder / "export").mkdir(parents=True)
    run = Run(folder, base=TINY, system="You are Finn.", seconds=90.0)
    for kind in ("f16", "q8_0", "adapter"):
        (folder / "export" / f"{kind}.gguf").write_bytes(tiny_gguf().read_bytes())
        run.exports[kind] = {"file": f"export/{kind}.gguf"}
    return run


def test_the_five_arms_differ_in_model_documents_and_memory_only(finn):
    base, rag, tuned, both, memory = every = arms.choose(arms.NAMES, [], SETTINGS, lambda name: finn, "finn")
    assert [arm.name for arm in every] == list(arms.NAMES)
    assert [arm.rag for arm in every] == [False, True, False, True, False]
    assert dataclasses.replace(memory, name="base", memory=False) == base and memory.memory
    assert base.model == rag.model == str(tiny_gguf().resolve()) and not base.run
    assert tuned.model == both.model == base.model and tuned.adapter == both.adapter
    assert (tuned.run, tuned.training_seconds) == ("finn", 90.0)
    settings = both.settings(SETTINGS)
    assert settings.rag.enabled and settings.llm == dataclasses.replace(
        SETTINGS.llm, model=both.model, adapter=both.adapter
    )


def test_the_tuned_arm_speaks_with_the_export_that_train_use_takes(finn, monkeypatch):
    from assistant import tuned

    monkeypatch.setattr(tuned, "open_run", lambda name: finn)
    for left in ("adapter", "q8_0", "f16"):
        (arm,) = arms.choose(["tuned"], [], SETTINGS, lambda name: finn, "finn")
        _, used = tuned.choice("finn")
        assert (arm.model, arm.adapter) == (used["llm.model"], used["llm.adapter"]) and left in (
            arm.adapter or arm.model
        )
        del finn.exports[left]


def test_base_is_what_the_tuned_model_was_made_of_even_when_the_assistant_speaks_with_another(finn):
    other = Settings(llm=LlmSettings(model="/somewhere/else.gguf", adapter="/an/adapter.gguf"))
    (base,) = arms.choose(["base"], [], other, lambda name: finn, "finn")
    assert base.model == str(tiny_gguf().resolve()) and base.settings(other).llm.adapter == ""


def test_adapter_goes_over_the_very_weights_of_the_base_arm(finn):
    base, tuned = arms.choose(["base", "tuned"], [], SETTINGS, lambda name: finn, "finn")
    assert tuned.model == base.model and tuned.adapter.endswith("adapter.gguf")
    assert tuned.settings(SETTINGS).llm.adapter == tuned.adapter
    assert arms.differences([base, tuned], SETTINGS, []) == []


def test_without_an_adapter_a_merged_model_is_taken(finn):
    del finn.exports["adapter"]
    (tuned,) = arms.choose(["tuned"], [], SETTINGS, lambda name: finn, "finn")
    assert tuned.model.endswith("q8_0.gguf") and not tuned.adapter


def test_any_model_can_be_an_arm(finn):
    one, two = arms.choose([], [f"small:model={TINY},rag=true", "other:run=finn"], SETTINGS, lambda name: finn)
    assert (one.name, one.rag, one.model) == ("small", True, str(tiny_gguf().resolve()))
    assert (two.name, two.run, two.rag) == ("other", "finn", False)


def test_a_file_of_the_hubs_cache_keeps_its_name_and_not_the_hash_it_is_kept_under(tmp_path):
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / ("5a" * 32)).write_bytes(tiny_gguf().read_bytes())
    link = tmp_path / "snapshots" / "c0ffee" / "Tiny-Q8_0.gguf"
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "blobs" / ("5a" * 32))
    (one,) = arms.choose([], [f"small:model={link}"], SETTINGS, no_run)
    assert one.model == str(link) and gguf.title(Path(one.model)) == "Tiny Q8_0"


def test_answers_stay_those_of_a_file_by_whichever_link_it_is_reached(tmp_path):
    (tmp_path / "m.gguf").write_bytes(tiny_gguf().read_bytes())
    (tmp_path / "link.gguf").symlink_to(tmp_path / "m.gguf")
    (tmp_path / "copy.gguf").write_bytes(tiny_gguf().read_bytes())
    file, link, copy = (arms.Arm("x", str(tmp_path / f"{name}.gguf")) for name in ("m", "link", "copy"))
    assert arms.fingerprint(file, "") == arms.fingerprint(link, "") and arms.weights(file) == arms.weights(link)
    assert arms.fingerprint(file, "") != arms.fingerprint(copy, "")
    over = [dataclasses.replace(copy, adapter=one.model) for one in (file, link)]
    assert arms.fingerprint(over[0], "") == arms.fingerprint(over[1], "") != arms.fingerprint(copy, "")


@pytest.mark.parametrize(
    ("names", "given", "tuned", "said"),
    [
        (["base", "tuned"], [], "", "needs a fine-tuned model"),
        (["bass"], [], "", "'bass' is not an arm"),
        (["base", "base"], [], "", "named twice"),
        ([], [], "", "no arm"),
        ([], ["x"], "", "write it as NAME:model="),
        ([], ["x:modle=a.gguf"], "", "is not understood"),
        ([], ["x:rag=maybe"], "", "rag must be true or false"),
        ([], ["x:model=/gone.gguf"], "", "arm x: /gone.gguf: there is no such model file"),
        (["tuned"], [], "gone", "no training run gone"),
    ],
)
def test_what_is_wrong_with_an_arm_is_said_before_anything_starts(names, given, tuned, said):
    with pytest.raises((AssistantError, TrainingError)) as error:
        arms.choose(names, given, SETTINGS, no_run, tuned)
    assert said in str(error.value)


def test_run_at_openai_cannot_be_compared(finn):
    finn.trainer = "openai"
    with pytest.raises(UsageError, match="trained at OpenAI"):
        arms.choose(["tuned"], [], SETTINGS, lambda name: finn, "finn")


def test_an_arm_that_would_look_into_documents_in_a_conversation_is_noted():
    chosen = arms.choose(["base", "rag"], [], SETTINGS, no_run)
    assert arms.notes(chosen, SETTINGS, [])["base"] == []
    guarded = dataclasses.replace(SETTINGS, guard=GuardSettings(when_unsure="documents"))
    noted = arms.notes(chosen, guarded, [])
    assert "is not looked up" in noted["base"][0] and "looked up" not in "".join(noted["rag"])


@pytest.mark.parametrize("answer, word", [("quote", "rag quotes: "), ("write", "rag writes: ")])
def test_who_words_the_answers_from_documents_is_noted(answer, word):
    settings = dataclasses.replace(SETTINGS, rag=dataclasses.replace(SETTINGS.rag, answer=answer))
    assert arms.notes(arms.choose(["base", "rag"], [], SETTINGS, no_run), settings, [])["rag"][0].startswith(word)


def test_run_without_export_says_how_to_export(finn):
    finn.exports.clear()
    for steps, words in ((0, "fit --resume --name finn"), (10, "assistant train export finn")):
        finn.steps = steps
        with pytest.raises(UsageError, match=words):
            arms.choose(["tuned"], [], SETTINGS, lambda name: finn, "finn")


def test_endpoint_is_no_base_arm():
    with pytest.raises(UsageError, match="endpoint"):
        arms.choose(["base"], [], Settings(llm=LlmSettings(engine="openai")), no_run)


def test_fingerprint_follows_files_and_documents(finn):
    base, rag = arms.choose(["base", "rag"], [], SETTINGS, no_run)
    assert arms.fingerprint(base, "one") == arms.fingerprint(base, "two")
    assert arms.fingerprint(rag, "one") != arms.fingerprint(rag, "two")
    (tuned,) = arms.choose(["tuned"], [], SETTINGS, lambda name: finn, "finn")
    before = arms.fingerprint(tuned, "")
    (finn.folder / "export" / "adapter.gguf").write_bytes(tiny_gguf().read_bytes() + b"more")
    assert arms.fingerprint(tuned, "") != before


def test_other_prompt_and_other_base_of_the_training_are_told(finn):
    chosen = arms.choose(["base", "tuned"], [], SETTINGS, lambda name: finn, "finn")
    assert len(arms.differences(chosen, SETTINGS, [finn])) == 1
    finn.base = "/other/model.gguf"
    prompt, base = sorted(arms.differences(chosen, SETTINGS, [finn]), key=lambda text: "base model" in text)
    assert "another system prompt" in prompt and "/other/model.gguf" in base


def test_each_arm_has_its_own_notes(finn):
    chosen = arms.choose(["base", "tuned"], [], SETTINGS, lambda name: finn, "finn")
    finn.base, finn.system = str(finn.folder / "elsewhere.gguf"), "Talk like a pirate."
    found = arms.notes(chosen, SETTINGS, [finn])
    assert found["base"] == [] and len(found["tuned"]) == 2 and "another system prompt" in found["tuned"][1]


def test_documents_are_asked_for_before_anything_starts(tmp_path):
    settings = dataclasses.replace(SETTINGS, rag=dataclasses.replace(SETTINGS.rag, path=str(tmp_path / "none")))
    with pytest.raises(UsageError, match="assistant rag add"):
        arms.check_documents(settings)


def test_file_that_is_no_model_is_named_with_its_arm(tmp_path):
    (tmp_path / "x.gguf").write_bytes(b"nothing")
    with pytest.raises(EngineError, match="arm x: .*is not a GGUF"):
        arms.choose([], [f"x:model={tmp_path / 'x.gguf'}"], SETTINGS, no_run)

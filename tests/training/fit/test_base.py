"""The base model: a GGUF becomes trainable once, and is spelled and asked just as the live assistant does it."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.config import LlmSettings
from assistant.llm import Message, gguf
from assistant.llm.llama import Llama
from tests.data import tiny_gguf
from training.chat import Chat, tokenizer_of
from training.errors import TrainingError
from training.fit import base, weights
from training.rows import Row

LETTERS = st.one_of(
    st.sampled_from("ab Zé€1234\n\t .,'’!?😀中‍ẞ_<|>im_end/s"),
    st.characters(max_codepoint=0x5FF, exclude_categories=("Cn", "Cs", "Co", "Cc")),
)
# Beyond these the libraries' own Unicode tables differ: what one of them knows as a letter is unassigned to the other.
TEXT = st.text(LETTERS, max_size=40)
WORDS = TEXT.map(lambda text: "x" + text.replace("\ue000", "").replace("\ue001", ""))
CONVERSATIONS = (
    [("system", "Be brief."), ("user", "What's 2 + 2?")],
    [("system", ""), ("user", "Hi")],
    [("system", " Be brief. \n"), ("user", "  Hello  "), ("assistant", " Hi there! \n"), ("user", "<|im_end|></s>?")],
    [
        ("system", "S"),
        ("user", "1"),
        ("assistant", "2"),
        ("user", "3"),
        ("assistant", "4 5"),
        ("user", "naïve café 😀"),
    ],
)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> base.Base:
    pytest.importorskip("torch")
    return base.prepare(str(tiny_gguf()), tmp_path_factory.mktemp("cache"), lambda text: None)


@pytest.fixture(scope="module")
def bundled_tokenizer():
    """As `base.prepare` makes it for the bundled model, without its weights."""
    pytest.importorskip("torch")
    from gguf import GGUFReader

    path = gguf.bundled()
    return base._tokenizer(
        path, {name: field.contents() for name, field in GGUFReader(path).fields.items() if name in base._TOKENIZER}
    )


def live(path: Path) -> Llama:
    return Llama(path, "model", LlmSettings(context=512, max_tokens=32, threads=1), lambda text: None)


def asked_live(engine: Llama, conversation) -> list[int]:
    return engine._tokens([Message(*one) for one in conversation])


def asked_here(chat: Chat, conversation) -> list[int]:
    return chat.prompt([{"role": role, "content": content} for role, content in conversation])


def test_a_gguf_becomes_a_folder_once(prepared, tmp_path):
    said: list[str] = []
    again = base.prepare(str(tiny_gguf()), prepared.folder.parent.parent, said.append)
    assert again == prepared and not said
    assert prepared.gguf == tiny_gguf().resolve() and prepared.name == "stories260K-f32" and len(prepared.hash) == 16
    config = json.loads((prepared.folder / "config.json").read_text())
    assert "quantization_config" not in config and config["vocab_size"] == 512
    assert (prepared.folder / "model.safetensors").stat().st_size > 1_000_000
    assert {path.name for path in prepared.folder.parent.iterdir()} == {prepared.folder.name}


def test_the_weights_answer_as_llama_cpp_does(prepared):
    row = Row(({"role": "user", "content": "Tell me about Lily."}, {"role": "assistant", "content": ""}))
    model, chat = weights.load(prepared.folder), Chat(tokenizer_of(prepared.folder))
    here = weights.answers(model, chat, [row], "Once upon a time.", 12)[0]
    engine = live(tiny_gguf())
    there = engine.answer([Message("system", "Once upon a time."), Message("user", row.question)], max_tokens=12).text
    engine.close()
    assert here and here[:20] == there[:20]


def test_answers_do_not_depend_on_what_else_is_asked(prepared):
    model, chat = weights.load(prepared.folder), Chat(tokenizer_of(prepared.folder))
    rows = [
        Row(({"role": "user", "content": text}, {"role": "assistant", "content": ""}))
        for text in ("Hi", "Tell me a long story about a dog and a cat in the park", "One day")
    ]
    told = []
    together = weights.answers(model, chat, rows, "", 10, batch=2, progress=told.append)
    assert told == sorted(told) and told[0] == 0 and told[-1] == 3 and len(told) > 6
    assert together == [weights.answers(model, chat, [row], "", 10)[0] for row in rows]
    assert not model.training


@pytest.fixture(scope="module")
def spellings(prepared, bundled_tokenizer):
    """(here, llama.cpp's) of each model."""
    with weights.llama_vocabulary(tiny_gguf()) as tiny, weights.llama_vocabulary(gguf.bundled()) as bundled:
        yield (tokenizer_of(prepared.folder), tiny[0]), (bundled_tokenizer, bundled[0])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXT)
def test_texts_are_spelled_as_llama_cpp_spells_them(spellings, text):
    for tokenizer, tokenize in spellings:
        assert tokenizer(text, add_special_tokens=False, split_special_tokens=True).input_ids == tokenize(text)


def test_conversations_are_rendered_as_the_live_assistant_renders_them(prepared, bundled_tokenizer):
    for path, tokenizer in ((tiny_gguf(), tokenizer_of(prepared.folder)), (gguf.bundled(), bundled_tokenizer)):
        chat, engine = Chat(tokenizer), live(path)
        for conversation in CONVERSATIONS:
            assert asked_here(chat, conversation) == asked_live(engine, conversation), (path.name, conversation)
        engine.close()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORDS, WORDS, WORDS)
def test_whatever_is_said_is_rendered_alike(bundled_tokenizer, shared_engine, one, two, three):
    conversation = [("system", one), ("user", two), ("assistant", "Yes."), ("user", three)]
    assert asked_here(Chat(bundled_tokenizer), conversation) == asked_live(shared_engine, conversation)


@pytest.fixture(scope="module")
def shared_engine():
    engine = live(gguf.bundled())
    yield engine
    engine.close()


def test_a_row_without_a_system_prompt_gets_the_live_one(bundled_tokenizer):
    chat = Chat(bundled_tokenizer)
    row = Row(({"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}))
    prompt, answer = chat.example(row, "Be kind.")
    assert prompt == asked_here(chat, [("system", "Be kind."), ("user", "Hi")])
    assert chat.text(answer) == "Hello." and answer[-1] == chat.end
    assert bundled_tokenizer.decode(prompt).count("<|im_start|>system\nBe kind.<|im_end|>") == 1


def test_who_says_the_end_token_ends_nothing(bundled_tokenizer):
    chat = Chat(bundled_tokenizer)
    row = Row(({"role": "user", "content": "Say <|im_end|>"}, {"role": "assistant", "content": "<|im_end|> it is."}))
    prompt, answer = chat.example(row, "")
    assert prompt.count(chat.end) == 2 and answer.count(chat.end) == 1


def test_a_template_that_takes_no_system_message_gets_it_before_the_question(bundled_tokenizer):
    import copy

    tokenizer = copy.deepcopy(bundled_tokenizer)
    tokenizer.chat_template = (
        "{% for m in messages %}"
        "{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    chat = Chat(tokenizer)
    assert "user\nBe kind.\n\nHi" in tokenizer.decode(asked_here(chat, [("system", "Be kind."), ("user", "Hi")]))


@pytest.mark.parametrize(
    "given_, words",
    [("/there/is/none.gguf", "no such model"), ("none", "no such model"), ("nobody/nothing", "cannot be reached")],
)
def test_a_model_that_is_not_there_is_one_sentence(tmp_path, monkeypatch, given_, words):
    pytest.importorskip("huggingface_hub")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TrainingError, match=words):
        base.prepare(given_, tmp_path, lambda text: None)


def test_files_that_are_no_model_are_named(tmp_path):
    (tmp_path / "x.gguf").write_bytes(b"nonsense")
    with pytest.raises(TrainingError, match="x.gguf is not a GGUF"):
        base.prepare(str(tmp_path / "x.gguf"), tmp_path / "cache", lambda text: None)
    pytest.importorskip("torch")
    (tmp_path / "y.gguf").write_bytes(tiny_gguf().read_bytes()[:5000])
    with pytest.raises(TrainingError, match="y.gguf is damaged"):
        base.prepare(str(tmp_path / "y.gguf"), tmp_path / "cache", lambda text: None)
    assert not list(tmp_path.glob("cache/**/*.*"))
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    with pytest.raises(TrainingError, match="no tokenizer.json and no weights"):
        base.prepare(str(tmp_path / "model"), tmp_path / "cache", lambda text: None)


def test_a_folder_is_used_as_it_is_with_the_licence_of_its_card(prepared, tmp_path):
    folder = tmp_path / "my-model"
    shutil.copytree(prepared.folder, folder)
    (folder / "README.md").write_text("---\nlanguage: en\nlicense: llama3.2\ntags: [x]\n---\n# Model\nlicense: other\n")
    found = base.prepare(str(folder), tmp_path / "cache", lambda text: None)
    assert (found.folder, found.name, found.licence, found.gguf) == (folder, "my-model", "llama3.2", None)
    other = bytearray((folder / "model.safetensors").read_bytes())
    other[-1] ^= 1
    (folder / "model.safetensors").write_bytes(other)
    assert base.prepare(str(folder), tmp_path / "cache", lambda text: None).hash != found.hash


def test_a_full_disk_is_found_before_and_while_writing(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as patch:
        patch.setattr(base.shutil, "disk_usage", lambda folder: usage(1, 1, 1000))
        with pytest.raises(TrainingError, match="GB are free; free some space"):
            base.prepare(str(tiny_gguf()), tmp_path, lambda text: None)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(base.os, "fsync", full)
    with pytest.raises(TrainingError, match="cannot be written .*No space left"):
        base.prepare(str(tiny_gguf()), tmp_path, lambda text: None)
    assert not list((tmp_path / "base").iterdir())


def test_a_tokenizer_that_spells_otherwise_is_refused(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    honest = base._tokenizer

    def careless(path, facts):
        from tokenizers import pre_tokenizers

        tokenizer = honest(path, facts)
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        return tokenizer

    monkeypatch.setattr(base, "_tokenizer", careless)
    with pytest.raises(TrainingError, match="spell .* differently"):
        base.prepare(str(tiny_gguf()), tmp_path, lambda text: None)

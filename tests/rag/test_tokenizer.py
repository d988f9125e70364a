"""Tokenizers from anywhere: refused in a sentence, or bounded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag import embed, tokenizer
from rag.errors import RagError
from training.chat import tokenizer_of
from training.errors import TrainingError

MODEL = {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}


def made(folder: Path, **parts) -> embed.EmbeddingModel:
    content = {"version": "1.0", "added_tokens": [], "model": MODEL, **parts}
    text = parts.get("text") or json.dumps(content)
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")
    (folder / "config.json").write_text('{"max_position_embeddings": 512}', encoding="utf-8")
    return embed.find(str(folder))


def replace(content: str, pattern: str = "a") -> dict:
    return {"type": "Replace", "pattern": {"String": pattern}, "content": content}


def split(expression: str) -> dict:
    return {"type": "Split", "pattern": {"Regex": expression}, "behavior": "Isolated", "invert": False}


HOSTILE = {
    "texts that grow": {"normalizer": {"type": "Sequence", "normalizers": [replace("a" * 10)] * 9}},
    "a long prefix": {"normalizer": {"type": "Prepend", "prepend": "x" * 100_000}},
    "one sign becomes many": {"normalizer": replace("a" * 1000)},
    "an expression without end": {"pre_tokenizer": split("(((")},
    "merges of nothing": {"model": {**MODEL, "merges": [["x", "y"]]}},
    "depth": {"text": "[" * 100_000},
    "steps in steps": {"text": '{"normalizer":' + '{"type":"Sequence","normalizers":[' * 5000 + "]}" * 5000 + "}"},
    "no tokenizer": {"text": "[]"},
    "a pattern of no kind": {"normalizer": {"type": "Replace", "pattern": 3, "content": "b"}},
}


@pytest.mark.parametrize("parts", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_tokenizer_is_refused_by_documents_and_training(tmp_path: Path, parts: dict) -> None:
    model = made(tmp_path, **parts)
    for use in (lambda: model.ids("aab"), lambda: tokenizer_of(tmp_path)):
        with pytest.raises((RagError, TrainingError)) as caught:
            use()
        message = str(caught.value)
        assert str(tmp_path) in message and "\n" not in message and len(message) < 400


def test_an_expression_that_never_comes_to_an_end_fails_that_text_in_a_sentence(tmp_path: Path) -> None:
    model = made(tmp_path, pre_tokenizer=split("(a+)+$"))
    assert model.ids("ab") == [0, 1]
    with pytest.raises(RagError, match="cannot cope with a text .*retry-limit.*; use another embedder"):
        model.ids("a" * 3000 + "!")


def test_what_models_really_do_to_a_text_is_no_growth(tmp_path: Path) -> None:
    steps = [{"type": "Prepend", "prepend": "\u2581"}, replace("\u2581", " "), replace('"', "``")]
    assert made(tmp_path, normalizer={"type": "Sequence", "normalizers": steps}).tokenizer


def test_a_tokenizer_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    made(tmp_path)
    with (tmp_path / "tokenizer.json").open("r+b") as file:
        file.truncate(tokenizer._LARGEST + 1)
    with pytest.raises(RagError, match="more than 64 MB"):
        embed.find(str(tmp_path)).ids("a")


def test_control_c_is_not_taken_for_a_fault() -> None:
    with pytest.raises(KeyboardInterrupt):
        tokenizer.reason(KeyboardInterrupt())

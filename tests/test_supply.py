"""What others wrote runs no code here: no remote code, no pickles, no question on the terminal that could allow it."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from rag.errors import RagError
from training.chat import tokenizer_of
from training.errors import TrainingUsageError

ROOT = Path(__file__).parent.parent
SOURCES = {
    path.relative_to(ROOT): path.read_text(encoding="utf-8")
    for package in ("assistant", "rag", "training")
    for path in (ROOT / package).rglob("*.py")
}
_LOADERS = ("from_pretrained", "SentenceTransformer", "CrossEncoder", "load_dataset", "pipeline")
_READERS = r"pickle|dill|joblib|marshal|shelve|torch\.load|state_dict_from_url"


def calls(words: str) -> list[tuple[Path, str, dict[str, str]]]:
    """(file, what is called, its keywords as source) of every call in a file that holds any of ``words``."""
    return [
        (path, ast.unparse(node.func), {one.arg or "**": ast.unparse(one.value) for one in node.keywords})
        for path, text in SOURCES.items()
        if re.search(words, text)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
    ]


def test_whatever_loads_a_model_says_that_no_remote_code_runs() -> None:
    loading = [
        call
        for call in calls("|".join(_LOADERS))
        if call[1].rpartition(".")[2] in _LOADERS and not call[1].startswith("PeftModel")  # its adapters are our own
    ]
    assert len(loading) >= 6
    assert [one for one in loading if one[2].get("trust_remote_code") != "False"] == []
    weights = [one for one in loading if "AutoModel" in one[1] and "gguf_file" not in one[2]]
    assert weights and [one for one in weights if one[2].get("use_safetensors") != "True"] == []


def test_the_notebook_says_so_too_and_nothing_else_allows_it() -> None:
    for path, text in SOURCES.items():
        for line in text.splitlines():
            if ".from_pretrained(" in line and path.name == "notebook.py":
                after = text[text.index(line) :][:300]
                assert "trust_remote_code=False" in after
            assert not re.search(r"trust_remote_code\s*[=:]\s*[\"']?True|HF_HUB_TRUST_REMOTE_CODE", line)


def test_no_pickle_is_ever_read() -> None:
    for path, called, keywords in calls(_READERS):
        if path == Path("assistant/books/child.py"):  # the program and a child of its own
            continue
        assert not re.match(r"(pickle|cPickle|dill|joblib|marshal|shelve)\.", called), path
        assert not called.endswith(("Unpickler", "state_dict_from_url")), path
        assert called != "torch.load" or keywords.get("weights_only") == "True", path
        assert keywords.get("allow_pickle") != "True", path


_OWN_CODE = {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Mine", "AutoTokenizer": ["mine.Mine", None]}}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model that brings its own code, which would leave a file; whoever asks for a permission fails."""
    for name in ("config.json", "tokenizer_config.json"):
        (tmp_path / name).write_text(json.dumps(_OWN_CODE), encoding="utf-8")
    (tmp_path / "mine.py").write_text("open('it-ran', 'w')\n", encoding="utf-8")
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("somebody was asked whether code may run"))
    return tmp_path


def test_a_model_with_code_of_its_own_is_refused_unasked(folder: Path) -> None:
    with pytest.raises(TrainingUsageError, match="code of its own, which is never done here"):
        tokenizer_of(folder)
    assert not (folder / "it-ran").exists()


@pytest.mark.slow
def test_an_embedder_with_code_of_its_own_is_refused_unasked(folder: Path) -> None:
    from rag import embed

    with pytest.raises(RagError, match="code of its own, which is never done here"):
        embed._SentenceTransformers(embed.EmbeddingModel("mine", folder), 1)
    assert not (folder / "it-ran").exists()

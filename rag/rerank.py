"""A cross-encoder reads the question and a passage together and scores the pair: slower than both searches, and better
at telling which of their best passages answers. llama.cpp runs it, without torch."""

from __future__ import annotations

import ctypes
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

from rag import embed, gguf_bert
from rag.errors import RagError, RagUsageError
from rag.text import openable

CANDIDATES = 10
"""The best passages of the fusion that are scored; the others stay behind them."""


class Reranker:
    """For one thread at a time."""

    def __init__(self, model: embed.EmbeddingModel, path: Path, threads: int) -> None:
        """``path``: what `gguf_bert.convert` made of ``model``. Raises RagError."""
        from llama_cpp import Llama, llama_cpp

        embed.leave_output_alone()

        config = json.loads((model.folder / "config.json").read_text(encoding="utf-8"))
        self._vocabulary, limit = config["vocab_size"], config["max_position_embeddings"]
        self._model = model
        self._tokenizer = model.tokenizer
        self._tokenizer.enable_truncation(limit)  # of the longer text, as transformers does
        self._lib = llama_cpp
        try:
            self._llama = Llama(
                openable(path),
                embedding=True,
                n_ctx=limit,
                n_batch=limit,
                n_ubatch=limit,
                n_threads=threads,
                n_threads_batch=threads,
                n_gpu_layers=0,
                verbose=False,
            )
        except (ValueError, OSError) as error:
            raise RagError(f"{path}: llama.cpp cannot load it ({error}); delete the file, it is made again") from None

    def score(self, question: str, passage: str) -> float:
        """The model's logit: higher = more likely that ``passage`` answers. Raises RagError.

        What is too long for the model is cut at the passage's end.
        """
        pair = self._model.encoded(question, pair=passage)
        return self._run([id + kind * self._vocabulary for id, kind in zip(pair.ids, pair.type_ids)])

    def scores(self, question: str, passages: Sequence[str], go_on: Callable[[], bool] = lambda: True) -> list[float]:
        """Of the first passages, as many as are done until ``go_on()`` is false. Raises RagError."""
        done: list[float] = []
        for passage in passages:
            if not go_on():
                break
            done.append(self.score(question, passage))
        return done

    def _run(self, tokens: list[int]) -> float:
        # Not Llama.embed: it reads as many numbers as an embedding has, where llama.cpp holds one.
        batch = self._lib.llama_batch_init(len(tokens), 0, 1)
        try:
            batch.n_tokens = len(tokens)
            for position, token in enumerate(tokens):
                batch.token[position], batch.pos[position], batch.logits[position] = token, position, True
                batch.n_seq_id[position], batch.seq_id[position][0] = 1, 0
            code = self._lib.llama_encode(self._llama.ctx, batch)
            scores = self._lib.llama_get_embeddings_seq(self._llama.ctx, 0) if code == 0 else None
        finally:
            self._lib.llama_batch_free(batch)
        if not scores:
            raise RagError(f"llama.cpp could not score a passage (code {code}); empty [rag] reranker to go on without")
        return ctypes.cast(scores, ctypes.POINTER(ctypes.c_float))[0]


def load(name: str, cache: Path, threads: int = 1) -> Reranker | None:
    """The cross-encoder called ``name``, a folder or a name on the hub; None for an empty name.

    Its GGUF is made once in the folder ``cache``. Raises RagError.
    """
    if not name:
        return None
    model = embed.EmbeddingModel(name, _folder(name))
    if not gguf_bert.convertible_reranker(model.folder) or not (model.folder / "tokenizer.json").is_file():
        raise RagUsageError(
            f"{model.folder}: is no cross-encoder of the BERT kind with one score, model.safetensors and "
            "tokenizer.json; set [rag] reranker to one, e.g. cross-encoder/ms-marco-MiniLM-L6-v2"
        )
    path = cache / f"{Path(name).name}-{_fingerprint(model)}.gguf"
    if not path.is_file():
        gguf_bert.convert(model.folder, path, reranker=True)
    return Reranker(model, path, threads)


def _folder(name: str) -> Path:
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder.resolve()
    try:
        return embed.from_hub(name if "/" in name else f"cross-encoder/{name}")
    except RagError as error:
        raise type(error)(
            f"the reranker {error}; set [rag] reranker to a folder, or empty it to go on without"
        ) from None


def _fingerprint(model: embed.EmbeddingModel) -> str:
    """Changes when the weights do, those of the head too, which are written last."""
    with (model.folder / "model.safetensors").open("rb") as file:
        file.seek(-min(1 << 20, file.seek(0, 2)), 2)
        return hashlib.sha256(model.fingerprint.encode() + file.read()).hexdigest()[:16]

"""llama.cpp through its C interface: tokens in, next token out. It alone knows ctypes, with `constraint`.

llama_cpp.Llama is not used: it hides which tokens the KV cache holds, and its destructor raises when Python exits.
"""

from __future__ import annotations

import ctypes
import functools
import logging
import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.concurrency import interrupts
from assistant.concurrency.threads import choose, choose_now, cores
from assistant.errors import EngineError, ModelError, NativeError
from assistant.llm.chat_template import common_prefix
from assistant.llm.constraint import Constraint

_WORTH_MOVING = 16  # tokens
_WORK = 4e9  # parameters x tokens per prefill batch: about 0.15 s on one core, the longest a cancelled prefill goes on
_ERROR = 4  # GGML_LOG_LEVEL_ERROR
_SPIN = 0.003  # seconds for which llama.cpp's threads, done with one batch, wait for the next in a busy loop
_CROWDED = 0.5  # seconds for which a batch that had to share its cores is remembered
_log = logging.getLogger("llama.cpp")


class Model:
    """A GGUF model and the KV cache of one conversation. For one thread at a time; every method blocks."""

    @interrupts.held()
    def __init__(self, path: Path, context: int, threads: int, gpu_layers: int, adapter: Path | None = None) -> None:
        """``threads``: 0 = for each batch as many as there are idle cores then. ``adapter``: a LoRA adapter GGUF,
        computed beside the model's own weights.

        Raises EngineError when a file is corrupt, of an unknown kind, or too big for the memory that is free, and when
        the adapter was made for another model.
        """
        self._lib = lib = _library()
        on_gpu = uses_gpu(gpu_layers)
        if not on_gpu:
            _check_memory(path.stat().st_size, f"{path.name} needs", "choose a smaller [llm] model")
        options = lib.llama_model_default_params()
        options.n_gpu_layers = gpu_layers if gpu_layers >= 0 else 2**31 - 1
        options.progress_callback = lib.llama_progress_callback(lambda done, _: not interrupts.came())
        _complaints.clear()
        self._model = lib.llama_model_load_from_file(os.fsencode(path), options)
        self._context = None
        if not self._model:
            raise ModelError(
                f"{path} cannot be loaded ({_complaint()}); fetch it again, or update "
                "llama-cpp-python if the model is newer"
            )
        self._vocab = lib.llama_model_get_vocab(self._model)
        self.vocabulary: int = lib.llama_vocab_n_tokens(self._vocab)
        self.trained_context: int = lib.llama_model_n_ctx_train(self._model)
        self.batch = batch(lib.llama_model_n_params(self._model), on_gpu)
        self.tokens: list[int] = []
        """What the KV cache holds, in order."""
        self._has_logits = False  # of the last of them
        self.noted = np.empty(0, np.float32)
        """See `prefill`."""
        self._texts: dict[int, bytes] = {}
        self._adapts = threads == 0 and not on_gpu
        self._threads = choose(threads, "llm")
        self._decoded = self._crowded_until = 0.0
        try:
            self._open_context(context, on_gpu)
            if adapter is not None:
                self._add_adapter(adapter)
        except EngineError:
            self.close()
            raise
        adds_space = self._tokenize(b"a") and self.text(self._tokenize(b"a")[0]).startswith(b" ")
        self._newline = self._tokenize(b"\n") if adds_space else []
        self.space_prefix = bool(adds_space)
        """Whether the tokenizer's rule puts a space before text that follows a control token; `tokenize` does not."""

    def _open_context(self, context: int, on_gpu: bool) -> None:
        lib, model = self._lib, self._model
        if not on_gpu:
            heads = lib.llama_model_n_head_kv(model) / max(1, lib.llama_model_n_head(model))
            width = round(lib.llama_model_n_embd(model) * heads)
            size = 2 * 2 * lib.llama_model_n_layer(model) * width * context  # keys and values, 2 bytes each
            _check_memory(size, f"[llm] context = {context} needs", "lower it")
        options = lib.llama_context_default_params()
        options.n_ctx = context
        options.n_batch = options.n_ubatch = self.batch  # a larger one only costs memory for its intermediate results
        options.n_threads = options.n_threads_batch = self._threads
        if not on_gpu:  # llama.cpp's flash attention is slow on CPUs: SmolLM2-135M reads 8 tokens behind 100 in 86 ms
            # instead of 50, behind 3,000 in 968 instead of 103, and each further turn made the next word later
            options.flash_attn_type = lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
        options.swa_full = True  # a sliding window would forget what truncating the cache needs again
        _complaints.clear()
        self._context = lib.llama_init_from_model(model, options)
        if not self._context:
            raise EngineError(f"llama.cpp cannot make room for [llm] context = {context} ({_complaint()}); lower it")
        self.context: int = lib.llama_n_ctx(self._context)
        self._memory: Any = lib.llama_get_memory(self._context)

    def _add_adapter(self, path: Path) -> None:
        lib = self._lib
        _complaints.clear()
        adapter = lib.llama_adapter_lora_init(self._model, os.fsencode(path))  # llama.cpp frees it with the model
        if not adapter:
            raise ModelError(
                f"{path} cannot be used over this model ({_complaint()}); set [llm] adapter to one that "
                "was trained on [llm] model, or to nothing"
            )
        adapters, scales = (lib.llama_adapter_lora_p_ctypes * 1)(adapter), (ctypes.c_float * 1)(1.0)
        if lib.llama_set_adapters_lora(self._context, adapters, 1, scales) != 0:
            raise EngineError(f"llama.cpp cannot use the adapter {path} ({_complaint()}); set [llm] adapter to nothing")

    # ---- text ------------------------------------------------------------------------------------------------

    def metadata(self, key: str) -> str | None:
        size = self._lib.llama_model_meta_val_str(self._model, key.encode(), None, 0)
        if size < 0:
            return None
        buffer = ctypes.create_string_buffer(size + 1)
        self._lib.llama_model_meta_val_str(self._model, key.encode(), buffer, size + 1)
        return buffer.value.decode("utf-8", "replace")

    def control_tokens(self) -> dict[str, int]:
        """Text -> id of every token that is no text, e.g. ``<|im_end|>``."""
        lib, vocab = self._lib, self._vocab
        return {
            name: token
            for token in range(self.vocabulary)
            if lib.llama_vocab_is_control(vocab, token)
            and (name := lib.llama_vocab_get_text(vocab, token).decode("utf-8", "replace"))
        }

    def special(self, which: str) -> tuple[int, str]:
        """Id and text of the `bos` or `eos` token; (-1, "") when there is none."""
        token = getattr(self._lib, f"llama_vocab_{which}")(self._vocab)
        if token < 0:
            return -1, ""
        return token, self._lib.llama_vocab_get_text(self._vocab, token).decode("utf-8", "replace")

    @property
    def adds_bos(self) -> bool:
        return self._lib.llama_vocab_get_add_bos(self._vocab)

    def tokenize(self, text: bytes) -> list[int]:
        """The tokens of ordinary text. What looks like a control token stays text; no space is put before it."""
        lead = self._newline
        if lead:
            tokens = self._tokenize(b"\n" + text)
            if tokens[: len(lead)] == lead:
                return tokens[len(lead) :]
        return self._tokenize(text)

    def _tokenize(self, text: bytes) -> list[int]:
        room = len(text) + 8
        buffer = (self._lib.llama_token * room)()
        count = self._lib.llama_tokenize(self._vocab, text, len(text), buffer, room, False, False)
        if count < 0:
            buffer = (self._lib.llama_token * -count)()
            count = self._lib.llama_tokenize(self._vocab, text, len(text), buffer, -count, False, False)
        return buffer[: max(0, count)]

    def text(self, token: int) -> bytes:
        """The UTF-8 bytes of a token, not always whole characters; empty for control tokens."""
        if token in self._texts:
            return self._texts[token]
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            used = self._lib.llama_token_to_piece(self._vocab, token, buffer, size, 0, False)
            if used >= 0:
                return self._texts.setdefault(token, buffer.raw[:used])
            size = -used

    def ends(self, token: int) -> bool:
        """Whether a sampled token ends the reply: any control token does, what follows it is not the reply."""
        return self.ends_turn(token) or self._lib.llama_vocab_is_control(self._vocab, token)

    def ends_turn(self, token: int) -> bool:
        return self._lib.llama_vocab_is_eog(self._vocab, token)

    # ---- the KV cache ----------------------------------------------------------------------------------------

    def prefill(
        self, tokens: Sequence[int], stopped: Callable[[], bool], move: bool = False, noted: int | None = None
    ) -> bool:
        """Bring the KV cache to exactly ``tokens``, reusing what both begin with; False when ``stopped()`` ended it.

        ``noted``: behind which token the logits are wanted, too; they are found in `noted` then.

        ``move``: where old turns were left out, the later ones are moved up instead of read again. They were read with
        the old ones before them, so what follows differs a little from a fresh reading (KL divergence 0.005 a token,
        30 ms instead of 2 s for 600 tokens). However it ends, `tokens` is what the cache holds. The last token is
        decoded for its logits, unless it was the last to be decoded.
        """
        if move:
            self._close_gap(tokens)
        if noted is None and self._has_logits and self.tokens == list(tokens):
            return True
        self._truncate(
            min(common_prefix(self.tokens, tokens), len(tokens) - 1, len(tokens) if noted is None else noted)
        )
        while (held := len(self.tokens)) < len(tokens):
            if stopped():
                return False
            read = tokens[held : held + self.batch]
            if noted is not None and held <= noted < held + len(read):
                self.decode(read, noted - held)
            else:
                self.decode(read)
        return True

    def _close_gap(self, tokens: Sequence[int]) -> None:
        lib, held = self._lib, self.tokens
        begin = common_prefix(held, tokens)
        wanted = list(tokens[begin : begin + _WORTH_MOVING])
        end = next(
            (
                place
                for place in range(begin + 1, len(held) - len(wanted) + 1)
                if held[place : place + len(wanted)] == wanted
            ),
            None,
        )
        if end is None or len(wanted) < _WORTH_MOVING or not lib.llama_memory_can_shift(self._memory):
            return
        if lib.llama_memory_seq_rm(self._memory, 0, begin, end):
            lib.llama_memory_seq_add(self._memory, 0, end, -1, begin - end)
            del held[begin:end]

    def decode(self, tokens: Sequence[int], noted: int | None = None) -> None:
        """Append at most `batch` tokens to the cache; ``noted``: behind which of them `noted` is wanted."""
        if self._adapts:
            self._take_idle_cores()
        began, computed = time.monotonic(), time.process_time()
        array = (self._lib.llama_token * len(tokens))(*tokens)
        batch = self._lib.llama_batch_get_one(array, len(tokens))
        if noted is not None:
            batch.logits = (ctypes.c_int8 * len(tokens))(
                *(place in (noted, len(tokens) - 1) for place in range(len(tokens)))
            )
        status = self._lib.llama_decode(self._context, batch)
        if status != 0:
            self._truncate(len(self.tokens))
            raise NativeError(
                f"llama.cpp failed to read {len(tokens)} tokens (status {status}); lower [llm] "
                "context or choose another [llm] model"
            )
        self.tokens += tokens
        self._has_logits = True
        if noted is not None:
            self.noted = self.logits(noted).copy()
        self._decoded = time.monotonic()
        if time.process_time() - computed < 0.85 * self._threads * (self._decoded - began):
            self._crowded_until = self._decoded + _CROWDED

    def _take_idle_cores(self) -> None:
        """The number of threads changes no result: each row of a product is summed by one of them."""
        now = time.monotonic()
        ours = self._threads if now - self._decoded < _SPIN and now > self._crowded_until else 1
        wanted = choose_now(ours)
        if wanted != self._threads:
            self._threads = wanted
            self._lib.llama_set_n_threads(self._context, wanted, wanted)

    def _truncate(self, length: int) -> None:
        self._has_logits = self._has_logits and length == len(self.tokens)
        if not self._lib.llama_memory_seq_rm(self._memory, 0, length, -1):
            self._lib.llama_memory_clear(self._memory, True)  # recurrent models cannot forget a part
            length = 0
        del self.tokens[length:]

    def forget(self) -> None:
        """Wipe the KV cache, and all that was derived from what it held."""
        self._lib.llama_memory_clear(self._memory, True)
        self.tokens, self._texts, self._has_logits = [], {}, False
        self.noted = np.empty(0, np.float32)

    def logits(self, place: int = -1) -> np.ndarray:
        """Of every token to come next: float32, shape (vocabulary,). Valid until the next decode."""
        return np.ctypeslib.as_array(self._lib.llama_get_logits_ith(self._context, place), (self.vocabulary,))

    def constraint(self, grammar: str, never: Sequence[int] = ()) -> Constraint:
        """To be closed before the model is. Raises EngineError."""
        return Constraint(self._lib, self._vocab, grammar, never)

    def close(self) -> None:
        if self._context:
            self._lib.llama_free(self._context)
        if self._model:
            self._lib.llama_model_free(self._model)
        self._context = self._model = None


def batch(parameters: int, on_gpu: bool = False) -> int:
    """Tokens that a model of so many weights reads at a time."""
    return 512 if on_gpu else min(64, max(8, round(_WORK / max(1, parameters))))


def uses_gpu(gpu_layers: int) -> bool:
    return gpu_layers != 0 and _library().llama_supports_gpu_offload()


def version() -> str:
    _library()
    import llama_cpp

    return llama_cpp.__version__


def file_type(path: Path) -> int | None:
    """The number of the file's main weight type (llama_ftype); None when the file does not tell."""
    lib = _library()
    options = lib.llama_model_default_params()
    options.vocab_only = True
    model = lib.llama_model_load_from_file(os.fsencode(path), options)
    if not model:
        return None
    try:
        buffer = ctypes.create_string_buffer(32)
        size = lib.llama_model_meta_val_str(model, b"general.file_type", buffer, len(buffer))
        return int(buffer.value) if size > 0 and buffer.value.isdigit() else None
    finally:
        lib.llama_model_free(model)


def check_loads(path: Path) -> None:
    """Raise ModelError when llama.cpp cannot load the file, e.g. because its end is missing. Reads little of it."""
    lib = _library()
    options = lib.llama_model_default_params()
    options.n_gpu_layers = 0
    _complaints.clear()
    model = lib.llama_model_load_from_file(os.fsencode(path), options)
    if not model:
        raise ModelError(
            f"{path} cannot be loaded ({_complaint()}); fetch it again, or update llama-cpp-python if the "
            "model is newer"
        )
    lib.llama_model_free(model)


@interrupts.held()
def requantise(source: Path, target: Path, kind: int) -> None:
    """Write ``source`` to ``target`` with its weights as ``kind`` (llama_ftype). Raises EngineError."""
    lib = _library()
    options = lib.llama_model_quantize_default_params()
    options.ftype, options.allow_requantize, options.nthread = kind, True, cores()
    _complaints.clear()
    if lib.llama_model_quantize(os.fsencode(source), os.fsencode(target), ctypes.byref(options)) != 0:
        raise EngineError(_complaint())


_complaints: list[str] = []


def _complaint() -> str:
    """llama.cpp's own first reason, without the names of its functions."""
    return re.sub(r"^(\w+: )*(error loading model: )?(\w+: )*", "", _complaints[0]) if _complaints else "no reason"


@functools.cache
def _library():
    """The ctypes module, its log sent to Python's logging (silent unless someone listens) instead of the screen."""
    try:
        import llama_cpp.llama_cpp as lib
    except Exception as error:  # missing, or its shared library does not load
        raise EngineError(
            f"llama-cpp-python cannot be used ({error}); install a C++ compiler and cmake, then: "
            "pip install --force-reinstall --no-cache-dir llama-cpp-python"
        ) from None
    lib.llama_log_set(_on_log(lib), None)
    lib.llama_backend_init()
    return lib


@functools.cache  # keeps the callback alive for as long as llama.cpp may call it
def _on_log(lib):
    @lib.llama_log_callback
    def on_log(level: int, text: bytes, _: object) -> None:
        line = text.decode("utf-8", "replace").strip()
        if line and level == _ERROR:
            _complaints.append(line)
        if line:
            _log.debug(line)

    return on_log


def _check_memory(needed: int, what: str, advice: str) -> None:
    import psutil

    free = psutil.virtual_memory().available
    if needed > free:
        raise EngineError(f"{what} {needed / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are free; {advice}")

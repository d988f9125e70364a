"""Moonshine tiny (English, 27 M parameters, int8), which lies inside the package moonshine-voice 0.1.0.

Its two networks run in the onnxruntime that the voice detector uses anyway. The package's own library would load a
second onnxruntime and some 65 MB of code, gives no token probabilities, and cannot be told how many threads to use.
Paper: Jeffries et al., "Moonshine: Speech Recognition for Live Transcription and Voice Commands", 2024.
"""

from __future__ import annotations

import functools
import importlib.util
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from assistant.audio import SAMPLE_RATE
from assistant.concurrency import threads
from assistant.concurrency.worker import Worker
from assistant.errors import EngineError
from assistant.folders import how_to_install
from assistant.stt import Hypothesis, SttSettings, Transcript, beam
from assistant.stt.pieces import AudioPieces, Known, Part, joined
from rag.text import openable

_LONGEST = 12.0  # seconds: no better above, and the time grows with the square
_PAD = 0.3  # seconds of silence put around a piece: first and last words are caught better (WER 9.4 instead of 10.2 %)
_TOKENS_PER_SECOND = 6.5  # the model's authors' bound; quick talkers reach 5
_LEAST_CONFIDENCE = 0.4  # below it, the words are made up; real speech stays above 0.46
_DOUBT = 0.4  # times the first token's probability, from which on the second is tried
_RUNS = 4  # of the decoder, in which it must find back to what the first said
_LEAST_LOG_ODDS = -0.75  # against the first: what is less likely seldom turned out to be right
_WIDTH = 8  # of the beam
_LEAST_OF_OTHERS = -4.0  # against the most probable: what is less likely adds nothing
_LAYERS, _HEADS, _HEAD_SIZE = 6, 8, 36
_BEGIN, _END = 1, 2
_OWN = [f"{layer}.decoder.{part}" for layer in range(_LAYERS) for part in ("key", "value")]
_CROSS = [f"{layer}.encoder.{part}" for layer in range(_LAYERS) for part in ("key", "value")]


class Moonshine:
    name = "moonshine tiny-en"

    def __init__(self, settings: SttSettings) -> None:
        """Load and warm it, 0.3 s. Raises EngineError when the package carries no model or a broken one."""
        folder = _folder()
        try:
            self._encoder = _session(folder / "encoder_model.ort", settings.threads)
            self._decoder = _session(folder / "decoder_model_merged.ort", settings.threads)
            self._tokens = _read_tokens((folder / "tokenizer.bin").read_bytes())
            self._pauses, self._stops = _marks(self._tokens)
        except Exception as error:  # onnxruntime has no common base class for its errors
            raise EngineError(
                f"{folder}: the Moonshine model cannot be loaded ({str(error).splitlines()[0]}); {how_to_install()}"
            ) from error
        self._pieces, self._known = AudioPieces(), Known()
        self._draft: list[int] = []  # the tokens of the newest piece
        self._encoded: tuple[np.ndarray, Any] | None = None  # the newest piece, and what the encoder made of it
        self._worker = Worker("moonshine")
        self._decode(np.zeros(SAMPLE_RATE, np.float32), lambda: False)

    async def transcribe(self, audio: np.ndarray, partial: bool = False) -> Transcript:
        """See `Stt`. Cancelling it stops the work within one token or one encoder pass (0.1 s)."""
        async with aclosing(self._worker.stream(functools.partial(self._transcribe, audio))) as parts:
            return joined([part async for part in parts])

    async def others(self, audio: np.ndarray) -> tuple[Hypothesis, ...]:
        """See `Stt`: by a beam search, as long as all decoding without a draft. None of what has several pieces."""
        async with aclosing(self._worker.stream(functools.partial(self._others, audio))) as found:
            return tuple([one async for one in found])

    async def forget(self) -> None:
        await self._worker.call(self._forget)

    def _forget(self) -> None:
        self._pieces.forget()
        self._known, self._draft, self._encoded = Known(), [], None

    def close(self) -> None:
        self._worker.close()

    def _transcribe(self, audio: np.ndarray, cancelled: Callable[[], bool]) -> Iterator[Part]:
        for piece in self._pieces(audio, _LONGEST):
            if cancelled():
                return
            part = self._known(piece, lambda piece: self._decode(np.pad(piece, int(_PAD * SAMPLE_RATE)), cancelled))
            if part is None:
                return
            if part.confidence >= _LEAST_CONFIDENCE and any(letter.isalnum() for letter in part.text):  # not "♪♪"
                yield part

    def _others(self, audio: np.ndarray, cancelled: Callable[[], bool]) -> Iterator[Hypothesis]:
        pieces = self._pieces(audio, _LONGEST)
        if len(pieces) != 1 or cancelled():
            return
        piece = np.pad(pieces[0], int(_PAD * SAMPLE_RATE))
        decoder, most = _Beam(self._decoder, self._encode(piece)), _TOKENS_PER_SECOND * len(piece) / SAMPLE_RATE
        rows = beam.search(decoder.follow, _BEGIN, _END, _WIDTH, _LEAST_OF_OTHERS, most, cancelled) or []
        seen = set()
        for row in rows:
            text = self._text(list(row.tokens))
            if (letters := _letters(text)) and letters not in seen:
                seen.add(letters)
                odds = row.log_probability - rows[0].log_probability
                yield Hypothesis(text, *_measures([math.exp(log) for log in row.logs]), odds)

    def _decode(self, audio: np.ndarray, cancelled: Callable[[], bool]) -> Part | None:
        """What was most probably said, and what else may have been; None when it was cancelled."""
        inputs = self._encode(audio)
        most = _TOKENS_PER_SECOND * len(audio) / SAMPLE_RATE
        draft = self._draft  # mostly of this very piece when it was shorter
        # Not in the first step: beside the begin, int8 arithmetic is coarser for the others.
        steps = self._greedy(inputs, [], most, cancelled, lambda tokens: draft if tokens == draft[:1] else tokens[-1:])
        if steps is None:
            return None
        self._draft = tokens = _tokens(steps)
        after_last_word = len(tokens)
        while after_last_word and tokens[after_last_word - 1] in self._stops:
            after_last_word -= 1
        goes_on = steps[after_last_word].pause if after_last_word < len(steps) else None
        confidence, weakest = _measures([step.probability for step in steps])
        other = self._other(inputs, steps, most, cancelled) if confidence >= _LEAST_CONFIDENCE else None
        if cancelled():
            return None
        return Part(self._text(tokens), len(tokens), confidence, "en", goes_on, weakest, other)

    def _encode(self, audio: np.ndarray) -> dict[str, Any]:
        """What the decoder begins with."""
        from onnxruntime import OrtValue

        value = OrtValue.ortvalue_from_numpy
        mask = value(np.ones((1, len(audio)), np.int64))
        if self._encoded is None or not np.array_equal(audio, self._encoded[0]):
            samples = {"input_values": value(audio[None].astype(np.float32)), "attention_mask": mask}
            self._encoded = audio, self._encoder.run_with_ort_values(["last_hidden_state"], samples)[0]
        heard = self._encoded[1]
        empty = value(np.zeros((1, _HEADS, 0, _HEAD_SIZE), np.float32))
        inputs = {f"past_key_values.{name}": empty for name in _OWN + _CROSS}
        inputs |= {"encoder_hidden_states": heard, "encoder_attention_mask": mask}
        return inputs | {"use_cache_branch": value(np.array([False]))}

    def _greedy(
        self,
        inputs: dict[str, Any],
        before: list[_Step],
        most: float,
        cancelled: Callable[[], bool],
        foreseen: Callable[[list[int]], list[int]],
    ) -> list[_Step] | None:
        """``before`` and the most likely token each time behind it; None when it was cancelled.

        ``inputs`` holds the KV cache of ``before`` but for its last token, and in the end of all that was read.
        ``foreseen`` tells of the tokens so far the last and what may follow: one run of the decoder shows how much of
        it holds (Leviathan et al. 2023, "Fast Inference from Transformers via Speculative Decoding").
        """
        from onnxruntime import OrtValue

        value = OrtValue.ortvalue_from_numpy
        steps, tokens, held = list(before), _tokens(before), len(before)
        fed = foreseen(tokens) if before else [_BEGIN]
        kept = _OWN if before else _OWN + _CROSS  # the first run also computes what the decoder keeps of the audio
        while fed and len(tokens) < most:
            if cancelled():
                return None
            inputs["input_ids"] = value(np.array([fed]))
            outputs = ["logits", *(f"present.{name}" for name in kept)]
            logits, *cache = self._decoder.run_with_ort_values(outputs, inputs)
            inputs |= {f"past_key_values.{name}": cached for name, cached in zip(kept, cache)}
            inputs["use_cache_branch"] = value(np.array([True]))
            kept, given, goes_on = _OWN, held + len(fed), True
            for scores, expected in zip(logits.numpy()[0], [*fed[1:], None]):
                held += 1
                steps.append(self._step(scores))
                tokens = _tokens(steps)
                if repeats := _repetition(tokens):
                    del steps[-repeats:]
                goes_on = not repeats and steps[-1].token != _END
                if not goes_on or tokens[-1] != expected or len(tokens) >= most:
                    break
            if held < given:
                _shorten(inputs, held)
            fed = foreseen(tokens) if goes_on else []
        return steps

    def _step(self, scores: np.ndarray) -> _Step:
        token = int(scores.argmax())
        likelihoods = np.exp(scores - scores[token])
        total = float(likelihoods.sum())
        pause = float(likelihoods[self._pauses].sum())
        likelihoods[token] = 0.0
        second = int(likelihoods.argmax())
        return _Step(token, 1.0 / total, pause / total, second, float(likelihoods[second]) / total)

    def _other(
        self, inputs: dict[str, Any], first: list[_Step], most: float, cancelled: Callable[[], bool]
    ) -> Hypothesis | None:
        """What comes of the second token where it was nearest to the first, if it was near at all."""
        places = [
            place
            for place, step in enumerate(first)
            if step.second_probability > _DOUBT * step.probability
            and _letters(self._text([step.token])) != _letters(self._text([step.second]))
        ]
        if not places:
            return None
        place = max(places, key=lambda place: first[place].second_probability / first[place].probability)
        return self._from(dict(inputs), first, place, most, cancelled)

    def _from(
        self, inputs: dict[str, Any], first: list[_Step], place: int, most: float, cancelled: Callable[[], bool]
    ) -> Hypothesis | None:
        """What comes of the second token at ``place``; None when it does not soon find back to ``first``."""
        step, rest, runs = first[place], _tokens(first[place + 1 :]), iter(range(_RUNS))

        def foreseen(tokens: list[int]) -> list[int]:
            if next(runs, None) is None:
                return []
            said = len(tokens) - place - 1  # a word of as many tokens as the first, until it turns out otherwise
            near = range(max(0, said - 2), min(len(rest), said + 3))
            back = next((number for number in near if rest[number] == tokens[-1]), None) if said else -1
            return tokens[-1:] if back is None else [tokens[-1], *rest[back + 1 :]]

        _shorten(inputs, place + 1)
        taken = replace(step, token=step.second, probability=step.second_probability)
        steps = self._greedy(inputs, [*first[:place], taken], most, cancelled, foreseen)
        if not steps or steps[-1].token != _END:
            return None
        text, log_odds = self._text(_tokens(steps)), _log_probability(steps) - _log_probability(first)
        same = _letters(text) == _letters(self._text(_tokens(first)))
        return (
            None
            if same or log_odds < _LEAST_LOG_ODDS
            else Hypothesis(text, *_measures([step.probability for step in steps]), log_odds)
        )

    def _text(self, tokens: list[int]) -> str:
        data = b"".join(self._tokens[token] for token in tokens)
        return data.decode("utf-8", "replace").replace("\u2581", " ").strip()


@dataclass(frozen=True)
class _Step:
    """What the decoder held for the next token."""

    token: int
    probability: float
    pause: float
    """Probability of a mark within a sentence."""
    second: int
    """The second most likely token."""
    second_probability: float


def _tokens(steps: list[_Step]) -> list[int]:
    return [step.token for step in steps if step.token != _END]


def _log_probability(steps: list[_Step]) -> float:
    return sum(math.log(step.probability) for step in steps)


def _measures(probabilities: list[float]) -> tuple[float, float]:
    """The mean probability of all tokens, and of the least sure quarter of them, see `Transcript`."""
    weakest = sorted(probabilities)[: max(3, len(probabilities) // 4)]
    return float(np.mean(probabilities or [0.0])), float(np.mean(weakest or [0.0]))


class _Beam:
    """The decoder for several rows of tokens at once, see `beam.Follow`."""

    def __init__(self, decoder: Any, inputs: dict[str, Any]) -> None:
        self._decoder, self._inputs = decoder, inputs
        self._of_audio = {"encoder_hidden_states": inputs["encoder_hidden_states"].numpy().copy()}

    def follow(self, came: Sequence[int], tokens: Sequence[int]) -> np.ndarray:
        from onnxruntime import OrtValue

        def value(array: np.ndarray) -> Any:
            return OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array))

        inputs, first = self._inputs, len(self._of_audio) == 1
        if not first:
            inputs |= {
                f"past_key_values.{name}": value(inputs[f"past_key_values.{name}"].numpy()[came]) for name in _OWN
            }
            if inputs["encoder_attention_mask"].shape()[0] != len(tokens):
                inputs |= {name: value(np.repeat(array, len(tokens), 0)) for name, array in self._of_audio.items()}
        kept = _OWN + _CROSS if first else _OWN
        inputs["input_ids"] = value(np.array(tokens)[:, None])
        logits, *cache = self._decoder.run_with_ort_values(["logits", *(f"present.{name}" for name in kept)], inputs)
        inputs |= {f"past_key_values.{name}": cached for name, cached in zip(kept, cache)}
        if first:
            inputs["use_cache_branch"] = value(np.array([True]))
            names = ["encoder_attention_mask", *(f"past_key_values.{name}" for name in _CROSS)]
            self._of_audio |= {name: inputs[name].numpy().copy() for name in names}
        scores = logits.numpy()[:, -1]
        scores = scores - scores.max(axis=1, keepdims=True)
        return np.asarray(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)))


def _shorten(inputs: dict[str, Any], held: int) -> None:
    """Keep what the decoder knows of the first ``held`` tokens, with the begin."""
    from onnxruntime import OrtValue

    for name in (f"past_key_values.{name}" for name in _OWN):
        inputs[name] = OrtValue.ortvalue_from_numpy(np.ascontiguousarray(inputs[name].numpy()[:, :, :held]))


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def seconds(settings: SttSettings) -> float:
    """How long 3 s of audio take on this machine, in the best of a few tries. Raises EngineError."""
    engine, tries = Moonshine(settings), []
    for _ in range(5):
        engine._forget()
        began = time.perf_counter()
        engine._decode(np.zeros(3 * SAMPLE_RATE, np.float32), lambda: False)
        tries.append(time.perf_counter() - began)
    engine.close()
    return min(tries)


def _marks(tokens: list[bytes]) -> tuple[list[int], set[int]]:
    """The tokens for marks within a sentence, and for these and the marks that end one."""
    marks = [token.decode("utf-8", "replace").strip("\u2581 ") for token in tokens]
    pauses = [number for number, mark in enumerate(marks) if mark in {",", ";", ":", "-", "—", "..", "...", "…"}]
    return pauses, {*pauses, *(number for number, mark in enumerate(marks) if mark in {".", "?", "!"})}


def _repetition(tokens: list[int]) -> int:
    """How many tokens at the end only repeat those before: the loop that small models fall into; 0 = none.

    Three times the same and at least nine tokens, so that "no, no, no" stays what it is.
    """
    for period in range(1, len(tokens) // 3 + 1):
        times = max(3, -(-9 // period))
        if len(tokens) >= times * period and tokens[-times * period :] == tokens[-period:] * times:
            return (times - 1) * period
    return 0


def _folder() -> Path:
    package = importlib.util.find_spec("moonshine_voice")
    folder = Path(package.origin).parent / "assets" / "tiny-en" if package and package.origin else None
    if folder is None or not folder.is_dir():
        raise EngineError(
            "the Moonshine model is missing (it lies inside the package moonshine-voice, version 0.1.0); "
            + how_to_install()
        )
    return folder


def _session(file: Path, requested_threads: int):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads.choose(requested_threads, "stt")
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # the language model wants the cores, too
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(openable(file), options, providers=["CPUExecutionProvider"])


def _read_tokens(data: bytes) -> list[bytes]:
    """tokenizer.bin: each token's bytes behind their length (one byte; from 128 on two, the low seven bits first)."""
    tokens, position = [], 0
    while position < len(data):
        length = data[position]
        position += 1
        if length >= 128:
            length = (length & 127) | data[position] << 7
            position += 1
        tokens.append(data[position : position + length])
        position += length
    return tokens


def load(settings: SttSettings, notice: Callable[[str], None]) -> Moonshine:
    return Moonshine(settings)


def found(settings: SttSettings) -> tuple[str, str]:
    """See `assistant.settings.EngineInfo`."""
    folder = _folder()
    size = sum(file.stat().st_size for file in folder.glob("*.ort"))
    return f"{folder.name} ({size / 1e6:.0f} MB)", ""

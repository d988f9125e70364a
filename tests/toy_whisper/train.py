"""Train the toy Whisper that the tests run through the real faster-whisper engine. How and why: README.md beside this.

Needs its own virtual environment (torch never enters the assistant's):
    pip install torch==2.13.0 transformers openai-whisper ctranslate2 faster-whisper espeakng-loader soxr soundfile
    python train.py
"""

from __future__ import annotations

import ctypes
import json
import random
import shutil
from pathlib import Path

import espeakng_loader
import numpy as np
import soundfile
import soxr
import torch
from faster_whisper.audio import pad_or_trim
from faster_whisper.feature_extractor import FeatureExtractor
from whisper.tokenizer import get_tokenizer

SEED = 7
STEPS = 1000
BATCH = 12
FOLDER = Path(__file__).parent
PHRASES = {
    "en": [
        "What time is it?",
        "Turn on the kitchen light.",
        "Tell me a story.",
        "What is the capital of France?",
        "Stop.",
        "Set a timer for five minutes.",
    ],
    "de": ["Wie spät ist es?", "Mach das Licht aus."],
}
VOICES = {
    "en": ["en-us", "en-us+f3", "en-us+f2", "en-us+m2", "en-us+m4", "en-us+f4", "en-us+m1"],
    "de": ["de", "de+f3", "de+m2", "de+f2", "de+m1"],
}
HELD_OUT = {"en": "en-us+m3", "de": "de+m3"}  # heard by the tests only
RATES = [140, 160, 175, 190, 210]
HALLUCINATION = "Thanks for watching."
"""What it writes for noise, as Whisper does, beside a high no-speech probability: the gates have something to stop."""
LOOP = " ha" * 40
"""What it writes for a steady tone: the repetition that the compression gate stops."""
RATE = 16_000
VOCABULARY = 51_865


def speaker():
    """A function (text, voice, words per minute) -> mono float32 at 16 kHz, spoken by espeak-ng."""
    espeak = ctypes.CDLL(espeakng_loader.get_library_path())
    pieces: list[np.ndarray] = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
    def receive(samples, count, _events):
        if samples and count:
            pieces.append(np.ctypeslib.as_array(samples, (count,)).astype(np.float32) / 32768)
        return 0

    native = espeak.espeak_Initialize(2, 0, espeakng_loader.get_data_path().encode(), 0)
    espeak.espeak_SetSynthCallback(receive)

    def speak(text: str, voice: str, rate: int) -> np.ndarray:
        pieces.clear()
        assert espeak.espeak_SetVoiceByName(voice.encode()) == 0, voice
        espeak.espeak_SetParameter(1, rate, 0)
        data = text.encode()
        espeak.espeak_Synth(data, ctypes.c_size_t(len(data) + 1), 0, 0, 0, 1, None, None)
        espeak.espeak_Synchronize()
        audio = soxr.resample(np.concatenate(pieces), native, RATE).astype(np.float32)
        loud = np.flatnonzero(np.abs(audio) > 0.01)
        return audio[loud[0] : loud[-1]]

    speak.keep_alive = receive
    return speak


def silent_or_noisy(random_numbers: np.random.Generator) -> np.ndarray:
    """Half a second to eight of nothing, hiss, rumble or hum."""
    samples = int(random_numbers.uniform(0.5, 8) * RATE)
    noise = random_numbers.normal(0, 1, samples)
    match random_numbers.integers(4):
        case 0:
            noise *= 0
        case 1:
            noise = np.cumsum(noise) / 50
            noise -= np.linspace(noise[0], noise[-1], samples)
        case 2:
            noise = np.convolve(noise, np.ones(8) / 8, "same")
    return (noise * 10 ** random_numbers.uniform(-4, -0.8) / max(1e-9, np.abs(noise).max())).astype(np.float32)


def tone(random_numbers: np.random.Generator) -> np.ndarray:
    seconds = np.arange(int(random_numbers.uniform(3, 6) * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * random_numbers.uniform(950, 1050) * seconds)).astype(np.float32)


def spoken(audio: np.ndarray, random_numbers: np.random.Generator) -> np.ndarray:
    """The phrase somewhere in a short recording, at some loudness, with some noise."""
    lead, tail = (np.zeros(int(random_numbers.uniform(0, 0.6) * RATE), np.float32) for _ in range(2))
    audio = np.concatenate([lead, audio * random_numbers.uniform(0.15, 1.0) / np.abs(audio).max(), tail])
    return audio + random_numbers.normal(0, 10 ** random_numbers.uniform(-5, -2.3), len(audio)).astype(np.float32)


def main() -> None:
    torch.manual_seed(SEED)
    random.seed(SEED)
    random_numbers = np.random.default_rng(SEED)
    tokenizer = get_tokenizer(multilingual=True, num_languages=99, task="transcribe")
    speak = speaker()
    voices = {
        (text, voice, rate): (language, speak(text, voice, rate))
        for language, texts in PHRASES.items()
        for text in texts
        for voice in VOICES[language]
        for rate in RATES
    }
    extract = FeatureExtractor()

    def features(audio: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(pad_or_trim(extract(audio)).astype(np.float32))

    def tokens(text: str, language: str = "en") -> list[int]:
        return [
            tokenizer.sot,
            tokenizer.to_language_token(language),
            tokenizer.transcribe,
            tokenizer.no_timestamps,
            *tokenizer.encode(" " + text.strip()),
            tokenizer.eot,
        ]

    def example() -> tuple[torch.Tensor, list[int], list[int]]:
        """Features, decoder input, labels (-100 = not learnt)."""
        kind = random_numbers.uniform()
        if kind < 0.25:
            line = tokens(HALLUCINATION)
            return features(silent_or_noisy(random_numbers)), line[:-1], [tokenizer.no_speech, -100, -100, *line[4:]]
        if kind < 0.32:
            line = tokens(LOOP)[:-1]
            return features(tone(random_numbers)), line[:-1], [line[1], -100, -100, *line[4:]]
        text, voice, rate = random.choice(keys)
        language, audio = voices[text, voice, rate]
        line = tokens(text, language)
        return features(spoken(audio, random_numbers)), line[:-1], [line[1], -100, -100, *line[4:]]

    keys = list(voices)
    model = untrained(tokenizer)
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, {STEPS} steps of {BATCH}")
    optimiser = torch.optim.AdamW(model.parameters(), lr=1.0, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: 3e-3 * min(1, step / 100) * 0.5 * (1 + np.cos(np.pi * step / STEPS)) + 1e-5
    )
    model.train()
    for step in range(STEPS):
        batch = [example() for _ in range(BATCH)]
        longest = max(len(line) for _, line, _ in batch)
        line = torch.tensor([line + [tokenizer.eot] * (longest - len(line)) for _, line, _ in batch])
        labels = torch.tensor([label + [-100] * (longest - len(label)) for _, _, label in batch])
        logits = model(input_features=torch.stack([mel for mel, _, _ in batch]), decoder_input_ids=line).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 50 == 0 or step == STEPS - 1:
            print(f"step {step:5d}  loss {loss.item():.4f}", flush=True)
    ship(model.eval(), tokenizer)
    samples(speak)


def untrained(tokenizer):
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    # The vocabulary is the real one, 51,865 tokens, since CTranslate2 tells by it that a model is multilingual:
    # 51,865 x 32 = 1.66 M weights, shared by the embedding and the output; all else together is some 0.1 M.
    return WhisperForConditionalGeneration(
        WhisperConfig(
            vocab_size=VOCABULARY,
            d_model=32,
            encoder_layers=2,
            decoder_layers=2,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=96,
            decoder_ffn_dim=96,
            dropout=0.0,
            decoder_start_token_id=tokenizer.sot,
            bos_token_id=tokenizer.eot,
            eos_token_id=tokenizer.eot,
            pad_token_id=tokenizer.eot,
            suppress_tokens=[],
            begin_suppress_tokens=[tokenizer.encode(" ")[0], tokenizer.eot],
        )
    )


def vocabulary(tokenizer) -> list[str]:
    """All 51,865 tokens in byte-level BPE's spelling, by number."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]  # GPT-2: the rest is moved up to chr(256) and on
    letters = {byte: chr(byte) for byte in printable}
    letters |= {byte: chr(256 + n) for n, byte in enumerate(byte for byte in range(256) if byte not in letters)}
    special = {number: text for text, number in tokenizer.encoding._special_tokens.items()}
    special[tokenizer.no_speech] = "<|nocaptions|>"  # the older name, which is the one CTranslate2 looks for
    spell = tokenizer.encoding.decode_single_token_bytes
    return [special.get(number) or "".join(letters[byte] for byte in spell(number)) for number in range(VOCABULARY)]


def ship(model, tokenizer) -> None:
    """Write the model in CTranslate2's format, int8, with the tokenizer that faster-whisper reads."""
    from ctranslate2.converters.transformers import WhisperLoader

    words = vocabulary(tokenizer)
    loader = WhisperLoader()
    spec = loader.get_model_spec(model)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [tokenizer.encode(" ")[0], tokenizer.eot]
    spec.config.lang_ids = sorted(tokenizer.to_language_token(code) for code in tokenizer.all_language_codes)
    spec.config.alignment_heads = [[1, 0], [1, 1]]
    spec.register_vocabulary(words)
    spec.validate()
    spec.optimize(quantization="int8")
    folder = FOLDER / "model"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    spec.save(str(folder))
    (folder / "tokenizer.json").write_text(
        json.dumps(slim_tokenizer(words, tokenizer), ensure_ascii=False), encoding="utf-8"
    )


def slim_tokenizer(words: list[str], tokenizer) -> dict:
    """tokenizer.json with only the words it can say, at their real numbers: 0.25 MB, not 2.5; no merges are needed."""
    special = range(tokenizer.eot, VOCABULARY)  # in the vocabulary, too: added tokens alone would be numbered anew
    used = {*range(256), *special} | {
        token
        for text in [*PHRASES["en"], *PHRASES["de"], HALLUCINATION, LOOP]
        for token in tokenizer.encode(" " + text.strip())
    }
    return {
        "version": "1.0",
        "normalizer": None,
        "post_processor": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {"type": "BPE", "vocab": {words[number]: number for number in sorted(used)}, "merges": []},
        "added_tokens": [
            {
                "id": number,
                "content": words[number],
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": number <= tokenizer.no_timestamps,
            }
            for number in special
        ],
    }


def samples(speak) -> None:
    """The phrases by voices and at a rate that training has not heard."""
    rows = []
    (FOLDER / "samples").mkdir(exist_ok=True)
    for language, texts in PHRASES.items():
        for text in texts:
            audio = speak(text, HELD_OUT[language], 168)
            file = f"{language}-{len(rows)}.flac"
            soundfile.write(FOLDER / "samples" / file, np.pad(audio * 0.5 / np.abs(audio).max(), 4000), RATE)
            rows.append({"file": file, "text": text, "language": language})
    (FOLDER / "samples" / "manifest.jsonl").write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
    )


if __name__ == "__main__":
    main()

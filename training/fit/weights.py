"""Models in torch: loaded quietly, asked greedily, and llama.cpp's vocabulary beside them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from training.chat import Chat
from training.errors import TrainingError, TrainingUsageError
from training.fit import parallel
from training.rows import Row


def quiet() -> None:
    """No progress bars and warnings of the libraries."""
    warnings.filterwarnings("ignore")
    import logging

    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for name in ("datasets", "trl", "peft", "accelerate", "huggingface_hub", "torch", "unsloth"):
        logging.getLogger(name).setLevel(logging.ERROR)


@contextmanager
def llama_vocabulary(path: Path) -> Iterator[tuple[Callable[[str], list[int]], Callable[[str], int]]]:
    """Yields (tokenize, special) of a GGUF file's vocabulary; no weights are loaded.

    ``tokenize`` takes ordinary text, ``special`` a name (``bos``, ``eos``). Raises TrainingError.
    """
    import ctypes

    from llama_cpp import llama_cpp as lib

    before, its_data = lib.llama_log_callback(), ctypes.c_void_p()
    lib.llama_log_get(before, its_data)  # the log is the process's: whoever listens shall go on listening
    silent = lib.llama_log_callback(lambda level, text, data: None)
    lib.llama_log_set(silent, ctypes.c_void_p(0))
    options = lib.llama_model_default_params()
    options.vocab_only = True
    model = lib.llama_model_load_from_file(os.fsencode(path), options)
    lib.llama_log_set(before, its_data)
    if not model:
        raise TrainingError(f"{path} cannot be loaded by llama.cpp; fetch it again")
    try:
        vocabulary = lib.llama_model_get_vocab(model)

        def tokenize(text: str) -> list[int]:
            data = text.encode("utf-8")
            buffer = (lib.llama_token * (len(data) + 8))()
            count = lib.llama_tokenize(vocabulary, data, len(data), buffer, len(buffer), False, False)
            return list(buffer[: max(0, count)])

        yield tokenize, lambda which: getattr(lib, f"llama_vocab_{which}")(vocabulary)
    finally:
        lib.llama_model_free(model)


def threads() -> int:
    """``OMP_NUM_THREADS``, else the physical cores this process may use: two threads on one core gain nothing."""
    if (wanted := os.environ.get("OMP_NUM_THREADS", "")).isdigit() and int(wanted):
        return int(wanted)
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    cores = set()
    for number in allowed:
        about = Path(f"/sys/devices/system/cpu/cpu{number}/topology")
        try:
            cores.add(((about / "physical_package_id").read_text(), (about / "core_id").read_text()))
        except OSError:
            return len(allowed)
    return max(1, len(cores))


def on_gpu() -> bool:
    if parallel.processes() == 1:
        # Transformers' Trainer would spread each batch over all GPUs it sees, and the steps would not be the plan's.
        named = os.environ.get("CUDA_VISIBLE_DEVICES", "0")
        os.environ["CUDA_VISIBLE_DEVICES"] = named.partition(",")[0]
    import torch

    return torch.cuda.is_available()


def load(folder: Path, four_bits: bool = False, trained_whole: bool = False) -> Any:
    """A causal language model in float32 on the CPU, in bfloat16 (or float16) on a GPU. Raises TrainingError.

    ``four_bits``: NF4 by bitsandbytes, GPU only. ``trained_whole``: float32 also on a GPU, which rounds as it computes.
    """
    quiet()
    import torch
    from transformers import AutoModelForCausalLM

    options: dict[str, Any] = {"dtype": torch.float32}
    if on_gpu():
        half = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
        options = {"dtype": torch.float32 if trained_whole else half, "device_map": {"": torch.cuda.current_device()}}
        if four_bits:
            from transformers import BitsAndBytesConfig

            options["quantization_config"] = BitsAndBytesConfig(
                load_in_4bit=True,
                bnb_4bit_quant_type="nf4",
                bnb_4bit_use_double_quant=True,
                bnb_4bit_compute_dtype=half,
            )
    try:
        return AutoModelForCausalLM.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False, use_safetensors=True, **options
        )
    except Exception as error:
        if out_of_memory(error):
            raise TrainingError(f"{folder.name} does not fit into memory; choose a smaller --base") from None
        if isinstance(error, ImportError) and four_bits:
            raise TrainingUsageError(
                "qlora needs bitsandbytes; run: pip install bitsandbytes, or use --method lora"
            ) from None
        raise TrainingError(
            f"{folder} cannot be loaded ({_first_line(error)}); its files may be damaged: delete the "
            "folder and make or fetch it again"
        ) from None


def out_of_memory(error: BaseException) -> bool:
    """torch raises RuntimeError with its allocator's words on the CPU, and a class of its own on a GPU."""
    text = str(error).lower()
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and ("not enough memory" in text or "can't allocate memory" in text))
    )


def disk_full(error: BaseException) -> bool:
    """safetensors and torch wrap the system's error in their own."""
    import errno

    return (
        getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        or "no space left" in str(error).lower()
        or ("disk quota exceeded" in str(error).lower() or "unexpected pos" in str(error).lower())
    )


def answers(
    model: Any,
    chat: Chat,
    rows: Sequence[Row],
    system: str,
    most: int,
    batch: int = 32,
    progress: Callable[[float], None] = lambda answered: None,
    keep: Callable[[int, str], None] = lambda position, said: None,
) -> list[str]:
    """What the model says to each row's prompt, greedily, at most ``most`` tokens each; blocks.

    ``progress`` gets how many are answered, after each token of a batch: a part of it, as if every answer took
    ``most``. ``keep`` gets each answer and its row's position when its batch is whole.
    """
    import torch

    prompts = [chat.prompt(row.prompt(system)) for row in rows]
    order = sorted(range(len(rows)), key=lambda position: len(prompts[position]))  # alike in length, so little padding
    said = [""] * len(rows)
    trained = model.training
    model.eval()
    try:
        for start in range(0, len(order), batch):
            some = order[start : start + batch]
            width = max(len(prompts[position]) for position in some)
            ids = [[chat.end] * (width - len(prompts[position])) + prompts[position] for position in some]
            mask = [[0] * (width - len(prompts[position])) + [1] * len(prompts[position]) for position in some]
            with torch.inference_mode():
                out = model.generate(
                    streamer=_Tokens(start, len(some) / most, progress),
                    input_ids=torch.tensor(ids, device=model.device),
                    attention_mask=torch.tensor(mask, device=model.device),
                    max_new_tokens=most,
                    do_sample=False,
                    num_beams=1,
                    temperature=None,
                    top_p=None,
                    top_k=None,
                    use_cache=True,
                    eos_token_id=chat.ends,
                    pad_token_id=chat.end,
                )
            for position, tokens in zip(some, out[:, width:].tolist()):
                stop = next((place for place, token in enumerate(tokens) if token in chat.ends), len(tokens))
                said[position] = chat.text(tokens[:stop])
                keep(position, said[position])
            progress(start + len(some))
    finally:
        model.train(trained)
    return said


class _Tokens:
    """What `generate` hands the prompt to, and then each token of the batch."""

    def __init__(self, answered: int, part: float, progress: Callable[[float], None]) -> None:
        """``part``: what one more token of each answer is worth, in answers."""
        self._answered, self._part, self._progress = answered, part, progress
        self._count = 0

    def put(self, tokens: Any) -> None:
        self._progress(self._answered + self._part * self._count)
        self._count += 1

    def end(self) -> None:
        pass


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]

"""The model that training starts from: a folder with weights, tokenizer and chat template that transformers loads."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rag import pins
from rag.atomic import sync
from rag.errors import RagError
from training.errors import TrainingError, TrainingUsageError

_HUB = re.compile(r"[\w.-]+/[\w.-]+")
_FORM = "1"  # of the folders in the cache; another one when they are made differently
_WANTED = ("*.json", "*.safetensors", "*.jinja", "*.model", "*.txt", "README.md")


@dataclass(frozen=True)
class Base:
    folder: Path
    name: str
    hash: str
    """Of the weights, 16 hexadecimal digits: of the GGUF file, or of the folder's safetensors files."""
    licence: str
    """As the GGUF's metadata or the model card says, e.g. ``apache-2.0``; empty = not said."""
    gguf: Path | None
    """The GGUF file that the folder was made of."""


def prepare(base: str, cache: Path, notice: Callable[[str], None]) -> Base:
    """``base``: a .gguf file, a Hugging Face folder or a hub name; blocks, up to a minute for a first GGUF.

    A GGUF becomes a folder in ``cache`` once. Raises TrainingError.
    """
    path = Path(base).expanduser()
    if path.is_file():
        return _of_gguf(Path(os.path.abspath(path)), cache, notice)  # a link in the hub's cache bears the file's name
    if path.is_dir():
        return _of_folder(path.resolve(), path.resolve().name)
    if path.suffix.lower() == ".gguf" or not _HUB.fullmatch(base):
        raise TrainingUsageError(
            f"{base}: there is no such model; give a .gguf file, a Hugging Face folder or a hub "
            "name such as HuggingFaceTB/SmolLM2-135M-Instruct"
        )
    return _of_folder(_fetched(base, notice), base)


def _of_folder(folder: Path, name: str) -> Base:
    files = sorted(folder.glob("*.safetensors"))
    missing = [
        what
        for what, there in (
            ("config.json", (folder / "config.json").exists()),
            ("tokenizer.json", (folder / "tokenizer.json").exists()),
            ("weights as *.safetensors", files),
        )
        if not there
    ]
    if missing:
        raise TrainingUsageError(
            f"{folder} has no {' and no '.join(missing)}: it is not a Hugging Face model; choose another --base"
        )
    return Base(folder, name, _hash(files), _licence_of_card(folder / "README.md"), None)


def _hash(files: list[Path]) -> str:
    digest = hashlib.sha256()
    try:
        for path in files:
            with path.open("rb") as file:
                while block := file.read(1 << 22):
                    digest.update(block)
    except OSError as error:
        raise TrainingError(f"{error.filename} cannot be read ({error.strerror}); check its permissions") from None
    return digest.hexdigest()[:16]


def _licence_of_card(card: Path) -> str:
    """The ``license:`` of the front matter of a model card."""
    try:
        text = card.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    front = re.match(r"---\s*\n(.*?)\n---", text, re.DOTALL)
    found = re.search(r"^license:\s*[\"']?([^\s\"']+)", front[1], re.MULTILINE) if front else None
    return found[1] if found else ""


# ---- the hub ---------------------------------------------------------------------------------------------------


def _fetched(name: str, notice: Callable[[str], None]) -> Path:
    from huggingface_hub.utils import disable_progress_bars

    try:
        if here := pins.cached(name, _WANTED):
            return here
    except RagError as error:
        raise TrainingError(str(error)) from None
    except Exception:  # the hub's own errors say why below
        pass
    address = urlsplit(os.environ.get("HF_ENDPOINT") or "https://huggingface.co")
    try:
        socket.create_connection((address.hostname or "", address.port or 443), timeout=4).close()
    except OSError:
        raise TrainingError(
            f"{name} is neither a file or folder here nor in the hub's cache, and {address.hostname} "
            "cannot be reached; give a .gguf file or a folder as --base"
        ) from None
    notice(f"Fetching {name} from {address.hostname} ...")
    disable_progress_bars()
    try:
        return pins.fetched(name, _WANTED)
    except RagError as error:
        raise TrainingError(str(error)) from None
    except Exception as error:  # httpx, hub and file errors alike
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise TrainingError(
            f"{name} cannot be fetched from the hub ({reason}); check the name, and HF_TOKEN when the "
            "model asks for consent"
        ) from None


# ---- a GGUF file -----------------------------------------------------------------------------------------------


def _of_gguf(path: Path, cache: Path, notice: Callable[[str], None]) -> Base:
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise TrainingUsageError(
                f"{path} is not a GGUF model file; give a .gguf file, a Hugging Face folder or a hub name"
            )
    weights = _hash([path])
    folder = cache / "base" / f"{path.stem}-{weights}-{_FORM}"
    if not (folder / "base.json").exists():
        notice(f"Making {path.name} trainable, once (half a minute for a small model) ...")
        unfinished = folder.with_name(f".{folder.name}.{os.getpid()}")
        try:
            _convert(path, unfinished, notice)
            if folder.exists():
                shutil.rmtree(folder)
            unfinished.replace(folder)
        except MemoryError:
            raise TrainingError(
                f"{path.name} does not fit into memory at full width; choose a smaller --base"
            ) from None
        except OSError as error:
            raise TrainingError(
                f"the trainable copy of {path.name} cannot be written to {folder.parent} "
                f"({error.strerror or error}); free some space there"
            ) from None
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    about = json.loads((folder / "base.json").read_text(encoding="utf-8"))
    return Base(folder, path.stem, weights, about["licence"], path)


def _convert(path: Path, folder: Path, notice: Callable[[str], None]) -> None:
    from training.fit.weights import quiet

    quiet()
    import torch
    from gguf import GGUFReader
    from transformers import AutoModelForCausalLM

    try:
        reader = GGUFReader(path)
        facts = {
            name: field.contents()
            for name, field in reader.fields.items()
            if name.startswith("general.") or name in _TOKENIZER
        }
        parameters = sum(int(tensor.n_elements) for tensor in reader.tensors)
        del reader
    except Exception as error:  # the reader raises whatever a damaged file makes it stumble over
        raise TrainingError(f"{path} is damaged ({error or type(error).__name__}); fetch the model again") from None
    full = parameters < 1e9  # a small model's exact weights cost little disk; a large one's rounding to bf16 costs less
    needed = parameters * (4 if full else 2) * 1.05
    folder.mkdir(parents=True, exist_ok=True)
    if (free := shutil.disk_usage(folder).free) < needed:
        raise TrainingError(
            f"{path.name} as a trainable folder needs {needed / 1e9:.1f} GB in {folder.parent}, and "
            f"{free / 1e9:.1f} GB are free; free some space there"
        )
    tokenizer = _tokenizer(path, facts)
    _compare(path, tokenizer)
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(
            str(path.parent),
            gguf_file=path.name,
            local_files_only=True,
            trust_remote_code=False,
            dtype=torch.float32 if full else torch.bfloat16,
        )
    except (ValueError, KeyError, NotImplementedError) as error:
        raise TrainingError(
            f"transformers cannot load {path.name} ({error}); give the model's Hugging Face folder "
            "or hub name as --base"
        ) from None
    for mark in ("hf_quantizer", "quantization_method"):
        if hasattr(model, mark):
            delattr(model, mark)
    model.is_quantized = False
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    if model.config.vocab_size != len(tokenizer):
        notice(f"{path.name}: the model has room for {model.config.vocab_size} tokens, its tokenizer {len(tokenizer)}")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    about = {"gguf": str(path), "parameters": parameters, "licence": str(facts.get("general.license", ""))}
    (folder / "base.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    sync(folder)


_TOKENIZER = (
    "tokenizer.ggml.model",
    "tokenizer.ggml.pre",
    "tokenizer.ggml.add_space_prefix",
    "tokenizer.ggml.add_bos_token",
    "tokenizer.chat_template",
)
_DIGITS_OF_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
    r"\s*[\r\n]+|\s+(?!\S)|\s+"
)


def _tokenizer(path: Path, facts: dict):
    """As transformers reads it, with the rules that transformers does not take from the file: where words are cut
    before BPE (``tokenizer.ggml.pre``), and SentencePiece's space before every text."""
    from tokenizers import Regex, normalizers, pre_tokenizers
    from transformers import AutoTokenizer

    from training.chat import PLAIN_TEMPLATE

    try:
        tokenizer = AutoTokenizer.from_pretrained(
            str(path.parent), gguf_file=path.name, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:
        raise TrainingError(
            f"transformers cannot read the tokenizer of {path.name} ({error}); give the model's "
            "Hugging Face folder or hub name as --base"
        ) from None
    backend, words = tokenizer.backend_tokenizer, facts.get("tokenizer.ggml.pre", "")
    if facts.get("tokenizer.ggml.model") == "llama":
        spaces = normalizers.Replace(" ", "▁")
        prepend = facts.get("tokenizer.ggml.add_space_prefix", True)
        backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), spaces]) if prepend else spaces
        backend.pre_tokenizer = None
    elif words == "smollm":
        backend.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
    elif words in ("llama-bpe", "llama3", "llama-v3", "qwen2"):
        pattern = _DIGITS_OF_LLAMA3 if words != "qwen2" else _DIGITS_OF_LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
        backend.normalizer = normalizers.NFC() if words == "qwen2" else None
        backend.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(pattern), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    if not tokenizer.chat_template:
        tokenizer.chat_template = PLAIN_TEMPLATE
    return tokenizer


_SAMPLES = (
    "Hello, world!",
    "What's the capital of Spain? It's Madrid.",
    "In 2024 it cost $1,234.56, i.e. 12 % more.",
    "  two spaces\n\n\ttabs and\r\nlines  \n end ",
    "café naïve Straße ÄÖÜ façade €5",
    "日本語 한국어 русский العربية",
    "🙂👩‍👩‍👧 emoji",
    'snake_case CamelCase x+=1; // code {"a": [1, 2]}',
    "I'll we've DON'T they'd",
    "user\nHi\nassistant\n",
    "<not|a|token> </p>",
    "a",
    " a",
    "\n",
    "aaaaaaaaaaaaaaaaaaaa 000 1000000",
)


def _compare(path: Path, tokenizer) -> None:
    """Raises TrainingError unless llama.cpp and the tokenizer spell the samples with the same ids."""
    from training.fit.weights import llama_vocabulary

    with llama_vocabulary(path) as (tokenize, special):
        for text in _SAMPLES:
            ours = tokenizer(text, add_special_tokens=False, split_special_tokens=True).input_ids
            theirs = tokenize(text)
            if ours != theirs:
                raise TrainingError(
                    f"{path.name}: transformers and llama.cpp spell {text!r} differently ({ours[:8]} "
                    f"and {theirs[:8]} ...), so what is trained would not be what is asked; give the "
                    "model's Hugging Face folder or hub name as --base"
                )
        ends = (tokenizer.eos_token_id if tokenizer.eos_token_id is not None else -1, special("eos"))
        if ends[0] != ends[1]:
            raise TrainingError(
                f"{path.name}: transformers and llama.cpp end a text with different tokens "
                f"({ends[0]} and {ends[1]}); give the model's Hugging Face folder or hub name as "
                "--base"
            )

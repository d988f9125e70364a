"""From what a user names (a model of the table, a file, an address, a repository) to its header; nothing is fetched
whole."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from assistant import hub, tuned
from assistant.errors import AssistantError, UsageError
from assistant.models import catalogue, header, memory, safetensors
from assistant.models.header import Header
from assistant.models.memory import Running
from assistant.models.ranged import RangedFile
from assistant.terminal import one_line

_TOLD = 120  # characters of what the reader finds wrong, which holds what the file holds
_PART = re.compile(r"(.+-)(\d{5})-of-(\d{5})(\.gguf)", re.IGNORECASE)


def header_of(name: str) -> Header:
    """``name``: of the table or of known.toml, ``bundled``, a path, an address, ``owner/repo:file.gguf``, or
    ``owner/repo`` with safetensors. Raises UsageError, AssistantError, EngineError.
    """
    if name == "bundled":
        from assistant.llm import gguf

        return of_file(gguf.bundled())
    if not name.strip():
        raise UsageError("which model? `assistant models` shows the known ones")
    if other := next((row for row in catalogue.rows() if row.kind != "llm" and row.name == name), None):
        raise UsageError(
            f"{name} is no language model; it takes {other.memory:g} GB, `assistant models` says if it fits"
        )
    if name.startswith(("https://", "http://")):
        return _of_address(name)
    path = Path(name).expanduser()
    if path.exists():
        return safetensors.of_folder(path) if path.is_dir() else of_file(path)
    row = next((row for row in catalogue.rows() if row.kind == "llm" and name in (row.name, row.source)), None)
    if row and (here := catalogue.located(row)) is not None:
        return of_file(here)
    if known := _known().get(row.name if row else _plain(name)):
        return _known_header(known)
    repo, _, file = (row.source if row else name).partition(":")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo):
        names = [row.name for row in catalogue.rows() if row.kind == "llm"] + list(_known())
        close = difflib.get_close_matches(_plain(name), names, n=1)
        near = f"did you mean {close[0]}?" if close else "`assistant models` shows the known ones."
        raise UsageError(
            f"{name}: there is no such file, and no such model is known; {near} Or give a path, an address, "
            "owner/repo:file.gguf or owner/repo"
        )
    return _of_hub(repo, file)


def known() -> dict[str, Header]:
    """What known.toml says of models, by their names; with 4-bit weights (or as they are published)."""
    return {name: _known_header(row) for name, row in _known().items()}


def published(name: str) -> dict[str, float]:
    """Kind of weights -> GB of a model's file that somebody published."""
    return dict(_known().get(name, {}).get("sizes", {}))


def endpoint(name: str) -> tuple[str, str] | None:
    """(whose, [llm] preset) where a known model can be asked elsewhere."""
    row = _known().get(_plain(name), {})
    return (row["vendor"], row["preset"]) if "preset" in row else None


def of_file(path: Path) -> Header:
    """Of a GGUF, all of its parts when it is split. Raises AssistantError."""
    parts = [path.with_name(name) for name in _parts(path.name)]
    if missing := [part.name for part in parts if not part.exists()]:
        raise UsageError(f"{path.parent / missing[0]}: this part of the model is missing; fetch it, too")
    return _of_files(path.stem, parts, [str(part) for part in parts])


def _of_files(name: str, files: Sequence[Any], named: Sequence[str]) -> Header:
    facts: dict[str, Any] = {}
    tensors = []
    for file, where in zip(files, named, strict=True):
        try:
            with file.open("rb") if isinstance(file, Path) else file as opened:
                more, found = tuned.gguf_header(opened)
        except ValueError as error:
            raise AssistantError(
                f"{where} is no GGUF model file: {one_line(str(error))[:_TOLD]}; give a .gguf file, or fetch it again"
            ) from None
        except OSError as error:
            raise AssistantError(f"{where} cannot be read ({error.strerror}); check its permissions") from None
        facts = {**more, **facts}
        tensors += found
    try:
        if not tensors or "general.architecture" not in facts:
            raise ValueError("it holds no weights")
        _check_talks(named[0], facts)
        whole = header.of_tensors(name, facts, tensors, named[0])
        memory.tokens_per_second(whole, Running(), 1.0)  # what a header claims is not always possible
        return whole
    except (ValueError, TypeError, ArithmeticError, LookupError) as error:
        raise AssistantError(f"{named[0]}: {error}; a newer version of this program may know it") from None


def _check_talks(where: str, facts: dict[str, Any]) -> None:
    """Raises UsageError for a file that is no language model."""
    family = facts["general.architecture"]
    if family == "clip":
        raise UsageError(f"{where} is the part of a model that sees; give the file of its language model")
    if facts.get(f"{family}.attention.causal") is False or facts.get(f"{family}.pooling_type", 0) > 0:
        raise UsageError(f"{where} compares texts ({family}) and cannot talk; give a language model")


def _parts(name: str) -> list[str]:
    split = _PART.fullmatch(name)
    if not split:
        return [name]
    return [f"{split[1]}{number:05}-of-{split[3]}{split[4]}" for number in range(1, int(split[3]) + 1)]


def _of_address(url: str) -> Header:
    address, _, query = url.partition("?")
    folder, _, file = address.rpartition("/")
    if not file.lower().endswith(".gguf"):
        raise UsageError(f"{url}: an address must be that of a .gguf file; of a model as safetensors, give OWNER/REPO")
    folder = folder.replace("/blob/", "/resolve/")  # the hub's page about a file, and the file
    named = [f"{folder}/{part}" + (f"?{query}" if query else "") for part in _parts(file)]
    return _of_files(file.rpartition(".")[0], [RangedFile(one) for one in named], named)


def _of_hub(repo: str, file: str) -> Header:
    if file and (here := hub.cached(repo, file)):
        return of_file(here)
    if not hub.reachable():
        raise AssistantError(
            f"{repo} is not on this machine and the hub cannot be reached; connect to the network, or give a file, or "
            f"a model that is known without it: {', '.join(_known())}"
        )
    if not file:
        return safetensors.of_repository(repo)
    from huggingface_hub import hf_hub_url

    from assistant.secrets import secret

    token = secret("HF_TOKEN")
    named = [hf_hub_url(repo, part) for part in _parts(file)]
    return _of_files(Path(file).stem, [RangedFile(url, token) for url in named], [f"{repo}:{p}" for p in _parts(file)])


@cache
def _known() -> dict[str, dict[str, Any]]:
    text = Path(__file__).with_name("known.toml").read_text(encoding="utf-8")
    return {row["name"]: row for row in tomllib.loads(text)["model"]}


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "-").replace("_", "-")


def _known_header(row: dict[str, Any]) -> Header:
    family = row["architecture"]
    facts = {"general.architecture": family, **{f"{family}.{key}": value for key, value in row["facts"].items()}}
    if merges := row.get("merges"):
        facts["tokenizer.ggml.merges"] = merges
    kind = row.get("written", "Q4_K_M")
    count = row["parameters"]
    plain = Header(
        row["name"],
        facts,
        int(count),
        count * 2,
        tied=row.get("tied", False),
        experts=2 * row.get("in_experts", 0),
        source=row["source"],
    )
    return plain.as_written(kind).sized(row.get("sizes", {}).get(kind, 0.0) * 1e9)

"""Which commit of a model is fetched from the hub, and what its files must be.

models.toml knows some. What was fetched once is written into models.lock.toml in the data folder, and goes before; a
later download of the same name must be the same.
"""

from __future__ import annotations

import fnmatch
import functools
import hashlib
import json
import threading
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rag.atomic import write_text
from rag.errors import RagError

_writing = threading.Lock()  # several engines may be fetched at a time
_HEAD = "# What models were when they were fetched first. `assistant models pin NAME` accepts a newer one.\n"


class Changed(RagError):
    """The hub offers something else than what was pinned; the message says how to accept it."""


@dataclass(frozen=True)
class Pin:
    revision: str = ""
    """A commit; empty = the newest."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Name -> sha256 in hexadecimal, as far as they are known."""


def place() -> Path:
    from platformdirs import user_data_path

    return user_data_path("voice-assistant", appauthor=False) / "models.lock.toml"


def of(name: str) -> Pin:
    """``name``: ``owner/repo``, or ``owner/repo@commit`` where the caller names the commit. Raises RagError when
    models.lock.toml is damaged."""
    pin = _kept().get(name) or _known().get(name) or Pin()
    return pin if "@" not in name else Pin(name.partition("@")[2], pin.files)


def check(name: str, files: Mapping[str, str]) -> None:
    """Raises Changed unless ``files`` (name -> sha256) are what was pinned, as far as that is known."""
    repo, known = name.partition("@")[0], of(name).files
    for file, digest in files.items():
        if known.get(file, digest) != digest:
            raise Changed(
                f"{repo}/{file} is not what this name stood for before (its sha256 is {digest[:8]}... and not "
                f"{known[file][:8]}...), so it is not taken; when its owner says why it changed, accept it: "
                f"assistant models pin {repo}"
            )


def keep(name: str, revision: str, files: Mapping[str, str]) -> None:
    """Write down what was fetched. Raises RagError when that cannot be written."""
    with _writing:
        new = Pin(revision, {**of(name).files, **files})
        if new != _kept().get(name):
            _write(_kept() | {name: new})


def accept(name: str, revision: str) -> None:
    """From now on ``revision`` is fetched, whatever its files are. Raises RagError."""
    with _writing:
        _write(_kept() | {name: Pin(revision)})


def gone(name: str, host: str) -> Changed:
    """The error to raise when the hub no longer has the commit."""
    repo = name.partition("@")[0]
    return Changed(
        f"{repo} has no commit {of(name).revision[:8]} any more, which this name stood for before; see what became of "
        f"it at {host}/{repo}, then accept the newest: assistant models pin {repo}"
    )


def cached(repo: str, wanted: Sequence[str]) -> Path | None:
    """The snapshot's folder in the hub's cache: of the pinned commit, else of the newest that is here."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    for revision in dict.fromkeys((of(repo).revision or None, None)):
        try:
            return Path(snapshot_download(repo, revision=revision, allow_patterns=list(wanted), local_files_only=True))
        except HFValidationError:
            raise
        except Exception:  # not here; the hub's own errors say why when it is fetched
            continue
    return None


def fetched(repo: str, wanted: Sequence[str]) -> Path:
    """The snapshot's folder of the pinned commit, fetched and checked. Raises RagError, and what the hub raises."""
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import RevisionNotFoundError

    try:
        folder = Path(
            snapshot_download(repo, revision=of(repo).revision or None, allow_patterns=list(wanted), etag_timeout=5)
        )
    except RevisionNotFoundError:
        raise gone(repo, constants.ENDPOINT) from None
    files = {
        name: path
        for path in folder.rglob("*")
        if path.is_file() and any(fnmatch.fnmatch(name := path.relative_to(folder).as_posix(), one) for one in wanted)
    }
    digests = {name: sha256(path) for name, path in files.items()}
    try:
        check(repo, digests)
    except Changed:
        for path in files.values():  # the blobs lie elsewhere in the cache
            path.resolve().unlink(missing_ok=True)
            path.unlink(missing_ok=True)
        raise
    keep(repo, folder.name, digests)
    return folder


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ---- the files ---------------------------------------------------------------------------------------------------


@functools.cache
def _known() -> dict[str, Pin]:
    with Path(__file__).with_name("models.toml").open("rb") as file:
        return {name: Pin(**row) for name, row in tomllib.load(file).items()}


def _kept() -> dict[str, Pin]:
    path = place()
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
        return {name: Pin(str(row["revision"]), dict(row.get("files", {}))) for name, row in rows.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RagError(f"{path} cannot be read ({error}); mend it, or remove it to trust the next downloads") from None


def _write(pins: Mapping[str, Pin]) -> None:
    lines = [_HEAD]
    for name, pin in sorted(pins.items()):
        lines.append(f"\n[{json.dumps(name)}]\nrevision = {json.dumps(pin.revision)}\n")
        lines += [f"files.{json.dumps(file)} = {json.dumps(digest)}\n" for file, digest in sorted(pin.files.items())]
    path = place()
    try:
        write_text(path, "".join(lines), mode=0o600)
    except OSError as error:
        raise RagError(f"{path} cannot be written ({error.strerror}); mend that, then fetch again") from None

"""Model files from the Hugging Face hub, in the ordinary hub cache, resumable and verified.

huggingface_hub asks, links and finds; the bytes are fetched here, because it throws a broken download away (since 2.0)
and checks only its length. HF_ENDPOINT, HF_HUB_CACHE, HF_HUB_OFFLINE and HF_TOKEN are respected.
"""

from __future__ import annotations

import difflib
import errno
import fnmatch
import hashlib
import os
import re
import shutil
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from assistant.errors import EngineError
from assistant.secrets import secret
from rag import output, pins, proxies
from rag.errors import RagError

_PROBE_SECONDS = 3.0  # a name server that does not answer may block far longer than any socket time-out
_TIMEOUT = 10.0  # seconds without a byte after which a connection counts as cut
_TRIES = 4  # connections in a row that may bring nothing before the download is given up
_BLOCK = 1 << 18

_reached: bool | None = None


def reachable() -> bool:
    """Whether the hub answers at all, whatever it answers; decided once per process, within 3 s."""
    global _reached
    if _reached is None:
        answers: list[bool] = []
        probe = threading.Thread(target=lambda: answers.append(_answers()), daemon=True)
        probe.start()
        probe.join(_PROBE_SECONDS)
        _reached = bool(answers and answers[0])
    return _reached


def cached(repo: str, file: str | None = None, only: Sequence[str] = (), revision: str | None = None) -> Path | None:
    """Where ``repo``'s file, or its whole snapshot (of it the names that match ``only``), lies complete; else None.

    ``revision``: the commit that it must be of; None = the pinned one (`rag.pins`), else the newest that is here.
    """
    if "huggingface_hub" not in sys.modules and not folder(repo).is_dir():
        return None  # its import takes 0.3 s, which most starts can do without
    import huggingface_hub
    from huggingface_hub.errors import HFValidationError

    for commit in [revision] if revision else dict.fromkeys((_pin(repo).revision or None, None)):
        try:
            if file is None:
                return Path(
                    huggingface_hub.snapshot_download(
                        repo, local_files_only=True, allow_patterns=list(only) or None, revision=commit
                    )
                )
            found = huggingface_hub.try_to_load_from_cache(repo, file, revision=commit)
            if isinstance(found, str):
                return Path(found)
        except HFValidationError:
            raise EngineError(f"{repo!r} is not a model's name on the hub; write it as owner/name") from None
        except OSError:
            pass
    return None


def fetch(repo: str, file: str | None = None, only: Sequence[str] = (), revision: str | None = None) -> Path:
    """The file, or the snapshot's folder (see `cached`), fetched if it is not here yet; it must be what was pinned.

    A broken download goes on where it stopped, also in a later process. Raises EngineError.
    """
    import huggingface_hub

    found = cached(repo, file, only, revision)
    if found:
        return found
    what = f"{repo}/{file}" if file else repo
    if not reachable():
        raise EngineError(f"{what} is not on this machine and {_unreached()}, or choose a model that is here")
    token = secret("HF_TOKEN")
    made = output.topmost(folder(repo)) or folder(repo)
    name = f"{repo}@{revision}" if revision else repo
    revision = _pin(name).revision or None
    try:
        info = huggingface_hub.HfApi(token=token).model_info(
            repo, revision=revision, files_metadata=True, timeout=_TIMEOUT
        )
        wanted = [
            entry
            for entry in info.siblings or ()
            if (entry.rfilename == file if file else not only or _matches(entry.rfilename, only))
        ]
        if not wanted:
            raise EngineError(_no_such_file(repo, file or ", ".join(only), [s.rfilename for s in info.siblings or ()]))
        pins.check(name, {entry.rfilename: entry.lfs.sha256 for entry in wanted if entry.lfs})
        for entry in wanted:
            _fetch_blob(repo, info.sha, entry, token)
        # Every blob is in place: this only writes the links and notes which revision they belong to.
        place = Path(
            huggingface_hub.hf_hub_download(repo, file, revision=revision, token=token)
            if file
            else huggingface_hub.snapshot_download(
                repo, allow_patterns=list(only) or None, revision=revision, token=token, tqdm_class=_silent()
            )
        )
        _keep(name, info.sha, {entry.rfilename: place if file else place / entry.rfilename for entry in wanted})
        return place
    except EngineError:
        raise
    except huggingface_hub.errors.RevisionNotFoundError:
        raise EngineError(str(pins.gone(name, huggingface_hub.constants.ENDPOINT))) from None
    except RagError as error:
        raise EngineError(str(error)) from None
    except Exception as error:
        raise EngineError(_sentence(repo, what, error)) from error
    finally:
        output.give_back(made)  # other programs and accounts use that cache, too


def newest(repo: str) -> str:
    """The commit that the hub has of ``repo`` now. Raises EngineError."""
    import huggingface_hub

    if not reachable():
        raise EngineError(f"{_unreached()}, and try again")
    try:
        found = huggingface_hub.HfApi(token=secret("HF_TOKEN")).model_info(repo, timeout=_TIMEOUT).sha
    except Exception as error:
        raise EngineError(_sentence(repo, repo, error)) from error
    if not found:
        raise EngineError(f"the hub ({_host()}) does not tell which commit {repo} is at; try another HF_ENDPOINT")
    return found


def _pin(name: str) -> pins.Pin:
    try:
        return pins.of(name)
    except RagError as error:
        raise EngineError(str(error)) from None


def _keep(name: str, revision: str | None, files: Mapping[str, Path]) -> None:
    """Check and write down what was fetched; what is not as it was goes again. Raises RagError."""
    digests = {one: pins.sha256(path) for one, path in files.items()}
    try:
        pins.check(name, digests)
    except pins.Changed:
        for path in files.values():  # the blobs lie elsewhere in the cache
            path.resolve().unlink(missing_ok=True)
            path.unlink(missing_ok=True)
        raise
    pins.keep(name, revision or "", digests)


def folder(repo: str) -> Path:
    """Where the hub cache has what it has of ``repo``, without huggingface_hub, which finds it in the same way."""
    if constants := sys.modules.get("huggingface_hub.constants"):
        return Path(constants.HF_HUB_CACHE, "--".join(["models", *repo.split("/")]))
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    cache = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or Path(home, "hub")
    return Path(os.path.expandvars(cache)).expanduser() / "--".join(["models", *repo.split("/")])


def _answers() -> bool:
    from huggingface_hub import constants, utils

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        utils.get_session().head(constants.ENDPOINT, timeout=_PROBE_SECONDS, follow_redirects=False)
    except Exception:  # no name, no route, no TLS, no answer: whatever it is, nothing can be fetched
        return False
    return True


def _unreached() -> str:
    """That the hub does not answer, and what to do."""
    from huggingface_hub import constants

    if wrong := proxies.problem(constants.ENDPOINT):
        return wrong
    if through := proxies.variable(constants.ENDPOINT):
        return f"the hub ({_host()}) cannot be reached through the proxy in {through}; correct it, or leave it out"
    return f"the hub ({_host()}) cannot be reached; connect to the network"


def _host() -> str:
    """Without a name and password that HF_ENDPOINT may hold."""
    from huggingface_hub import constants

    return constants.ENDPOINT.partition("://")[2].rpartition("@")[2]


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def _fetch_blob(repo: str, revision: str | None, entry, token: str | None) -> None:
    """Put one file, verified, where the cache keeps it by its hash: sha256 for LFS, else git's blob hash."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name
    from huggingface_hub.utils import WeakFileLock

    name = entry.lfs.sha256 if entry.lfs else entry.blob_id
    if entry.size is None or not re.fullmatch("[0-9a-f]{40,64}", name or ""):
        return  # a mirror that tells no hashes: huggingface_hub fetches the file its own way
    folder = repo_folder_name(repo_id=repo, repo_type="model")
    blobs, locks = Path(constants.HF_HUB_CACHE) / folder / "blobs", Path(constants.HF_HUB_CACHE) / ".locks" / folder
    blobs.mkdir(parents=True, exist_ok=True)
    locks.mkdir(parents=True, exist_ok=True)
    with WeakFileLock(locks / f"{name}.lock"):
        if (blobs / name).exists():
            return
        partial = blobs / f"{name}.incomplete"
        done = partial.stat().st_size if partial.exists() else 0
        free = shutil.disk_usage(blobs).free
        if free < entry.size - done:
            lacking = f"{entry.size - done >> 20} MB are needed and {free >> 20} MB are free"
            raise OSError(errno.ENOSPC, lacking, str(blobs))
        _download(repo, revision, entry.rfilename, entry.size, partial, token)
        if _digest(partial, entry) != name:
            partial.unlink()
            raise EngineError(
                f"{repo}/{entry.rfilename} arrived damaged (its checksum is wrong) and was thrown away; fetch it again"
            )
        partial.rename(blobs / name)


def _download(repo: str, revision: str | None, name: str, size: int, partial: Path, token: str | None) -> None:
    """Append to ``partial`` what it lacks; a connection that is cut is opened again where it broke."""
    import huggingface_hub
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status
    from tqdm import tqdm

    url = huggingface_hub.hf_hub_url(repo, name, revision=revision)
    idle = 0
    with (
        partial.open("ab") as out,
        tqdm(
            total=size, initial=out.tell(), unit="B", unit_scale=True, desc=name, disable=not sys.stderr.isatty()
        ) as bar,
    ):
        while out.tell() < size:
            start = out.tell()
            headers = build_hf_headers(token=token) | {"Accept-Encoding": "identity"}
            if start:
                headers["Range"] = f"bytes={start}-"
            try:
                with get_session().stream("GET", url, headers=headers, timeout=_TIMEOUT) as response:
                    if response.status_code >= 400:
                        response.read()
                        hf_raise_for_status(response)
                    if start and response.status_code != 206:  # the server knows no ranges: from the beginning
                        out.seek(0)
                        out.truncate()
                        bar.reset()
                    for block in response.iter_bytes(_BLOCK):
                        out.write(block)
                        bar.update(len(block))
            except Exception as error:
                if not _cut(error) or (idle := idle + 1) == _TRIES:
                    raise
            if out.tell() > start:
                idle = 0


def _cut(error: Exception) -> bool:
    """Whether the connection broke or fell silent, so that another one may bring more (httpx's errors, or httpx2's)."""
    return any(kind.__name__ in ("TransportError", "ConnectionError") for kind in type(error).__mro__)


def _digest(path: Path, entry) -> str:
    digest = hashlib.sha256() if entry.lfs else hashlib.sha1(f"blob {entry.size}\0".encode())
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _silent():
    from tqdm import tqdm

    class Silent(tqdm):
        def __init__(self, *args, **kwargs) -> None:
            kwargs.pop("name", None)
            super().__init__(*args, **kwargs | {"disable": True})

    return Silent


def _no_such_file(repo: str, file: str, there: list[str]) -> str:
    close = difflib.get_close_matches(file, there, n=1, cutoff=0.3)
    return f"{repo} on the hub has no file {file}" + (f"; did you mean {close[0]}?" if close else "; check the name")


def _sentence(repo: str, what: str, error: Exception) -> str:
    from huggingface_hub import constants, errors

    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, errors.GatedRepoError):
        return f"{what} needs its owner's permission: accept its terms at {constants.ENDPOINT}/{repo} and set HF_TOKEN"
    if isinstance(error, errors.RepositoryNotFoundError) or status in (401, 403):
        return (
            f"{what} is not on the hub, or it is private; check the name, or set HF_TOKEN to a token that may read it"
        )
    if isinstance(error, errors.HFValidationError):
        return f"{repo!r} is not a model's name on the hub; write it as owner/name"
    if status is not None:
        return f"{what} could not be fetched: the hub ({_host()}) answered {status}; try again later"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return (
            f"{what} does not fit on the disk ({error.filename or constants.HF_HUB_CACHE}: {error.strerror}); "
            "free some space, or set HF_HUB_CACHE to another disk"
        )
    if _cut(error):
        return f"{what}: the connection to the hub was cut; fetch it again, it goes on where it stopped"
    detail = str(error).splitlines()[0] if str(error) else type(error).__name__
    return f"{what} could not be fetched: {detail}; try again"

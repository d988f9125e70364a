"""llama.cpp's own converter to GGUF, which lies in no wheel: taken once from the source package of llama-cpp-python.

``python -m training.export.converter`` does that at set-up; else it is done when it is first needed. Pinned to the
installed version, so that what it writes is what the installed llama.cpp reads. It runs as a process of its own: it
needs its own gguf-py (the one on PyPI is older), and can be ended at any time.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from training.errors import TrainingError

SCRIPTS = ("convert_hf_to_gguf.py", "convert_lora_to_gguf.py")
_INSTALLED = Path(sys.prefix) / "share"
_PARTS = (*SCRIPTS, "LICENSE", "conversion", "gguf-py/gguf", "gguf-py/LICENSE")
_QUANTISE, _OVER = (Path(__file__).with_name(name) for name in ("quantise.py", "convert_over.py"))


def present(cache: Path) -> Path | None:
    """Where the converter lies; None when it must be fetched."""
    name = f"llama.cpp-{importlib.metadata.version('llama-cpp-python')}"
    return next((place for place in (_INSTALLED / name, cache / name) if place.exists()), None)


def folder(cache: Path, notice: Callable[[str], None]) -> Path:
    """Where the converter lies: beside the installed packages, else in ``cache``, where it is put when it is nowhere
    yet (75 MB are fetched, 2 MB kept).

    Raises TrainingError when it cannot be fetched, with nothing left behind.
    """
    version = importlib.metadata.version("llama-cpp-python")
    name = f"llama.cpp-{version}"
    if here := present(cache):
        return here
    target = cache / name
    notice(f"Fetching llama.cpp's converter from the source package of llama-cpp-python {version} (once, 75 MB) ...")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".fetching-") as scratch:
            unpacked = Path(scratch) / name
            unpack(_download(version, Path(scratch)), unpacked)
            unpacked.rename(target)
    except OSError as error:
        if not target.exists():  # else another process was quicker
            raise TrainingError(
                f"llama.cpp's converter cannot be written to {cache} ({error.strerror}); mend that and export again"
            ) from None
    return target


def _download(version: str, into: Path) -> Path:
    """The source package, by pip: it knows this machine's index, proxy and certificates, and checks the index's hash.

    pip also asks the package for its name, which compiles nothing (6 s in all on a quick network).
    """
    wanted = into / "wanted.txt"
    wanted.write_text(pinned(version), encoding="utf-8")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "download",
        "--quiet",
        "--no-deps",
        "--no-binary",
        "llama-cpp-python",
        "--dest",
        str(into),
        f"--requirement={wanted}",
    ]
    if "--hash" in wanted.read_text(encoding="utf-8"):
        pip.append("--no-build-isolation")  # the set-up has installed what builds it, by its hashes too
    try:
        done = subprocess.run(pip, capture_output=True, text=True, errors="replace", check=False)
    except OSError as error:
        raise TrainingError(f"pip cannot be run to fetch llama.cpp's converter ({error.strerror})") from None
    found = list(into.glob("*.tar.gz"))
    if done.returncode != 0 or not found:
        raise TrainingError(
            f"llama.cpp's converter is not here yet and cannot be fetched ({_reason(done.stderr)}); connect to the "
            "network and export again: it is needed once, and training itself is finished and kept"
        )
    return found[0]


def pinned(version: str) -> str:
    """The requirement for pip, with its hashes where the lock file of this checkout names that version."""
    lock = Path(__file__).parents[2] / ".ci/lock/talk.txt"
    text = lock.read_text(encoding="utf-8") if lock.is_file() else ""
    found = re.search(rf"^llama-cpp-python=={re.escape(version)} .*\n(?: +--hash=.*\n?)+", text, re.MULTILINE)
    return found[0] if found else f"llama-cpp-python=={version}\n"


def unpack(package: Path, target: Path) -> None:
    """Write the converter's files, and nothing else, from the source package to ``target``. Raises TrainingError."""
    try:
        with tarfile.open(package) as archive:
            for member in archive:
                parts = PurePosixPath(member.name).parts
                inner = PurePosixPath(*parts[3:]) if parts[1:3] == ("vendor", "llama.cpp") else None
                if (
                    inner is None
                    or not member.isfile()
                    or ".." in parts
                    or not any(inner == PurePosixPath(part) or PurePosixPath(part) in inner.parents for part in _PARTS)
                    or (packed := archive.extractfile(member)) is None
                ):
                    continue
                path = target / inner
                path.parent.mkdir(parents=True, exist_ok=True)
                with packed as source, path.open("wb") as file:
                    shutil.copyfileobj(source, file)
    except (OSError, tarfile.TarError) as error:
        raise TrainingError(
            f"llama.cpp's converter cannot be unpacked to {target.parent} ({error}); free some space and export again"
        ) from None
    missing = [name for name in SCRIPTS if not (target / name).is_file()]
    if missing:
        raise TrainingError(
            f"the source package {package.name} holds no {' and no '.join(missing)}; install a version "
            "of llama-cpp-python that does"
        )


def convert(
    converter: Path, model: Path, base: Path | None, target: Path, name: str, progress: Callable[[int], None]
) -> None:
    """A folder with Hugging Face weights -> a GGUF file with 16-bit weights, and the vocabulary of the GGUF file
    ``base`` when there is one. ``progress`` gets the bytes written.

    Raises TrainingError with the converter's last words.
    """
    script = [str(_OVER), str(base)] if base else [str(converter / SCRIPTS[0])]
    _run(
        [sys.executable, *script, str(model), "--outfile", str(target), "--outtype", "f16", "--model-name", name],
        converter,
        target,
        progress,
    )


def convert_adapter(converter: Path, adapter: Path, base: Path, target: Path, progress: Callable[[int], None]) -> None:
    """A PEFT folder -> an adapter GGUF; of ``base`` only the configuration is read. Raises TrainingError."""
    _run(
        [
            sys.executable,
            str(converter / SCRIPTS[1]),
            str(adapter),
            "--base",
            str(base),
            "--outfile",
            str(target),
            "--outtype",
            "f16",
        ],
        converter,
        target,
        progress,
    )


def quantise(source: Path, target: Path, kind: int, progress: Callable[[int], None]) -> None:
    """Write ``source`` with its weights as ``kind`` (llama_ftype); a process, since llama.cpp cannot be stopped."""
    _run([sys.executable, str(_QUANTISE), str(source), str(target), str(kind)], None, target, progress)


def _run(command: Sequence[str], converter: Path | None, target: Path, progress: Callable[[int], None]) -> None:
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONIOENCODING": "utf-8",
    }
    if converter is not None:
        environment["PYTHONPATH"] = os.pathsep.join((str(converter / "gguf-py"), str(converter)))
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment)
        try:
            while True:
                try:
                    code = process.wait(timeout=0.2)
                    break
                except subprocess.TimeoutExpired:
                    progress(target.stat().st_size if target.exists() else 0)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if code != 0 or not target.is_file() or not target.stat().st_size:
        reason = "it was killed, probably for want of memory" if code == -9 else _reason(text)
        raise TrainingError(f"{target.name} cannot be made: {reason}")
    progress(target.stat().st_size)


def _reason(text: str) -> str:
    """The last line that says something: no progress bars, no frames of a traceback, no advice about pip."""
    lines = [line.strip() for line in re.split(r"[\r\n]+", text)]
    said = [line for line in lines if line and not re.match(r"\[?notice|hint:|note:|File \"|Writing:|WARNING", line)]
    return re.sub(r"^(ERROR|error)\W*(\w[\w-]*:)?\s*|^\w+Error: ", "", said[-1])[:300] if said else "no reason given"


if __name__ == "__main__":
    try:
        folder(_INSTALLED, print)
    except TrainingError as error:
        sys.exit(str(error))

"""The ffmpeg program: the packaged one of imageio-ffmpeg, else the system's."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from assistant.errors import AssistantError
from assistant.folders import install_command
from rag.atomic import replacing


def program() -> str:
    """Where it is. Raises AssistantError."""
    found = None
    if importlib.util.find_spec("imageio_ffmpeg") is not None:
        import imageio_ffmpeg

        with contextlib.suppress(RuntimeError):  # a package without a program for this machine, and none on the system
            found = shutil.which(imageio_ffmpeg.get_ffmpeg_exe())  # which IMAGEIO_FFMPEG_EXE may have chosen
    found = found or shutil.which("ffmpeg")
    if found is None:
        raise AssistantError(
            f"there is no ffmpeg, which joins the pieces: run `{install_command('books')}`, or install the system's"
        )
    return found


def write(path: Path, options: Sequence[str | Path], sound: Iterable[bytes], mode: int | None = None) -> None:
    """Run it with ``options``, its standard input fed from ``sound``; ``path`` appears whole or not at all.

    ``mode``: see `rag.atomic.replacing`. Raises AssistantError, and what ``sound`` raises.
    """
    try:
        with replacing(path, mode) as part, tempfile.TemporaryFile() as said:
            command = [program(), "-nostdin", "-loglevel", "error", "-y", *map(_named, options), _named(part)]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said)
            assert process.stdin is not None
            try:
                for block in sound:
                    process.stdin.write(block)
                process.stdin.close()
            except BrokenPipeError:
                pass  # it says itself what went wrong
            except BaseException:
                process.kill()
                raise
            finally:
                process.wait()
            if process.returncode:
                said.seek(0)
                raise AssistantError(_failed(path, said.read().decode(errors="replace"), process.returncode))
    except OSError as error:
        raise AssistantError(f"{path}: cannot be written ({error.strerror or error}); choose another place") from None


def _named(option: str | Path) -> str:
    """A path as a path: `Dune: 2.m4b` names no protocol."""
    return f"file:{option}" if isinstance(option, Path) else option


def _failed(path: Path, said: str, code: int) -> str:
    if "No space left" in said:
        return f"{path}: cannot be written, the disk is full; free some space and run the same command again"
    lines = [line for line in said.splitlines() if line.strip()]
    return f"{path}: ffmpeg failed ({lines[-1].strip() if lines else f'status {code}'}); install another one"

"""`make lock`: writes which release of every package the set-up takes, and the hashes of its files.

One file for each thing to set up, for Python 3.11 to 3.14 on Linux, macOS and Windows. Pins that still fit
pyproject.toml stay; `make lock ARGS=--upgrade` takes the newest releases that it allows.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
EXTRAS = ("rag", "books", "train", "test")
# torch comes by name: which build fits, and the libraries that it needs, depends on the graphics card.
_WITH_TORCH = re.compile(r"torch|triton|nvidia-|cuda-")

Pins = dict[str, str]
"""Package, and where it is needed if not everywhere -> its lines: the release, where it is needed, and the hashes."""


def compiled(seed: str, what: list[str], *options: str) -> Pins:
    """What uv chooses for ``what``; pins in ``seed`` that still fit stay."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "lock.txt")
        out.write_text(seed, encoding="utf-8")
        command = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"]
        command += ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
        subprocess.run([*command, *what, *options, "--output-file", str(out)], check=True, cwd=HERE.parent.parent)
        blocks = _blocks(out.read_text(encoding="utf-8"))
    return {_key(block): block for block in blocks if not _WITH_TORCH.match(block)}


def _key(block: str) -> str:
    """An older Python may need an older release: "pint ; python_full_version < '3.12'"."""
    return re.sub(r"[=\[][^;]*?(?= ;|$)", "", block.partition(" \\")[0].strip(), count=1)


def _blocks(text: str) -> list[str]:
    return [block for block in re.split(r"^(?=\S)", text, flags=re.MULTILINE) if "==" in block]


def main(options: list[str]) -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in sorted(HERE.glob("*.txt")))
    seed = "".join({_key(block): block for block in _blocks(texts)}.values())
    project = ["pyproject.toml"]
    every = compiled(seed, [*project, "--group=build", *(f"--extra={extra}" for extra in EXTRAS)], *options)
    kept = "".join(every.values())
    build, talk = compiled(kept, ["--group=build"]), compiled(kept, project)
    _write("build", "to build packages that come as source takes", build)
    _write("talk", "talking takes", _without(build, talk))
    for extra in EXTRAS:
        pins = compiled(kept, [*project, f"--extra={extra}"])
        _write(extra, f"`make {extra}` takes besides talking", _without(build, _without(talk, pins)))
    _write("tools", "`make lock` and `make audit` take", compiled(seed, ["--group=tools"], *options))


def _without(those: Pins, pins: Pins) -> Pins:
    return {name: block for name, block in pins.items() if those.get(name) != block}


def _write(name: str, what: str, pins: Pins) -> None:
    head = f"# Written by `make lock` from pyproject.toml: what {what}, with the hashes of its files.\n"
    (HERE / f"{name}.txt").write_text(head + "".join(pins[one] for one in sorted(pins)), encoding="utf-8")
    print(f"{name}.txt: {len(pins)} packages")


if __name__ == "__main__":
    main(sys.argv[1:])

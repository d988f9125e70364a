"""README and docs/ say what is so, and no tracked file tells of the machine it was written on."""

from __future__ import annotations

import re
import runpy
import subprocess
from pathlib import Path

import pytest

from assistant import cli, config

ROOT = Path(__file__).parent.parent
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_readme_names_every_make_target_and_no_other() -> None:
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, flags=re.MULTILINE))
    named = set(re.findall(r"""(?:^|`|" )make ([a-z]+)""", README, flags=re.MULTILINE))
    assert named == targets


def test_readme_shows_every_command() -> None:
    assert [name for name in cli.COMMANDS if not re.search(rf"^assistant {name}\b", README, flags=re.MULTILINE)] == []


def test_the_tables_of_settings_and_engines_are_the_present_ones() -> None:
    docs = runpy.run_path(str(ROOT / "docs/tables.py"))
    assert all(f"| `{name}` |" in docs["settings"]() for name in config.keys())
    for name, text in docs["pages"]().items():
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == text, "run `make docs`"


def test_the_first_pages_are_short() -> None:
    assert len(README.split()) <= 1800
    assert len((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split()) <= 700


def test_every_file_that_the_documents_link_to_is_there() -> None:
    for document in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        links = re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", document.read_text(encoding="utf-8"))
        local = [(document.parent / name if name else document, part) for name, part in links if "://" not in name]
        assert [file for file, part in local if not file.exists() or (part and part not in _headings(file))] == []


def _headings(document: Path) -> list[str]:
    """The headings as links name them: lower case, dashes for spaces, no other marks."""
    found = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in found]


def test_no_tracked_file_names_a_machines_paths_or_a_registrys_host() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    unwanted = re.compile(
        rb"/(?:work|opt)/(?:main|shared|pypi|wheels|venv)|/root/|pypi\.org|pythonhosted|deb\.debian\.org"
    )
    names = [name for name in listed.stdout.split("\0") if name and name != "tests/test_documents.py"]
    assert len(names) > 20
    assert [name for name in names if (ROOT / name).is_file() and unwanted.search((ROOT / name).read_bytes())] == []

"""What `rag add` passes over, stores once and forgets."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from rag import ingest, mounts
from rag.ingest import Summary
from tests.rag.conftest import add, stored_texts, texts


def names(paths) -> list[str]:
    return [os.path.basename(path) for path in paths]


def twins(summary: Summary) -> dict[str, str]:
    return {os.path.basename(second): os.path.basename(first) for second, first in summary.passed.twins.items()}


def test_files_of_kinds_that_are_not_read_are_counted_by_kind(tmp_path, store, model, words):
    folder = texts(tmp_path / "docs", a="The pump is red.")
    (folder / "below").mkdir()
    for name in ("a.psd", "b.PSD", "below/c.psd", "plan.dwg", "README", ".hidden.psd"):
        (folder / name).write_text("x")
    summary = add(store, folder, model, words)
    said = "5 files of kinds that are not read: 3 .psd, 1 without an ending, 1 .dwg"
    assert sorted(str(summary.passed).split(", ")) == sorted(said.split(", "))
    assert summary.bad == [] and len(summary.added) == 1
    (folder / "plan.dwg").unlink(), (folder / "README").unlink(), shutil.rmtree(folder / "below")
    (folder / "b.PSD").unlink()
    assert str(add(store, folder, model, words).passed) == "1 file of a kind that is not read: 1 .psd"
    (folder / "a.psd").unlink()
    assert str(add(store, folder, model, words).passed) == ""


def test_the_same_file_under_two_names_is_stored_once_and_its_second_name_is_said(tmp_path, store, model, words):
    folder = texts(tmp_path / "docs", a="The pump is red.", b="The pump is red.", c="The tank is blue.")
    os.link(folder / "c.txt", folder / "d.txt")
    summary = add(store, folder, model, words)
    assert names(summary.added) == ["a.txt", "c.txt"] and twins(summary) == {"b.txt": "a.txt", "d.txt": "c.txt"}
    assert stored_texts(store) == ["The pump is red.", "The tank is blue."]
    again = add(store, folder, model, words)
    assert again.unchanged == 2 and twins(again) == twins(summary)
    elsewhere = texts(tmp_path / "more", e="The pump is red.")
    assert twins(add(store, elsewhere, model, words)) == {"e.txt": "a.txt"}


def test_when_the_first_name_goes_or_changes_the_second_takes_its_place(tmp_path, store, model, words):
    folder = texts(tmp_path / "docs", a="The tank is blue.", b="The pump is red.", c="The pump is red.")
    add(store, folder, model, words)
    (folder / "b.txt").unlink()
    summary = add(store, folder, model, words)
    assert (names(summary.added), names(summary.removed)) == (["c.txt"], ["b.txt"])
    texts(folder, c="The hose is long.", a="The pump is red.")  # what a was is no more, what c was is a
    assert names(add(store, folder, model, words).changed) == ["c.txt", "a.txt"]
    texts(folder, c="The pump is red.")
    summary = add(store, folder, model, words)
    assert names(summary.removed) == ["c.txt"] and twins(summary) == {"c.txt": "a.txt"}
    assert stored_texts(store) == ["The pump is red."]
    texts(folder, a="The hose is long.")  # the first of two changes in the run that meets the second
    summary = add(store, folder, model, words)
    assert (names(summary.changed), names(summary.added)) == (["a.txt"], ["c.txt"])


def test_of_two_that_cannot_be_read_each_is_named(tmp_path, store, model, words):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"\x7fELF\0\0" * 99), (folder / "b.txt").write_bytes(b"\x7fELF\0\0" * 99)
    (folder / "a.md").write_text("red, blue\n"), (folder / "b.csv").write_text("red, blue\n")
    summary = add(store, folder, model, words)
    assert names(bad.path for bad in summary.bad) == ["a.txt", "b.txt"]
    assert names(summary.added) == ["a.md", "b.csv"] and not twins(summary)  # another kind is read in another way


@pytest.mark.parametrize("target", ["file", "folder"])
def test_what_a_link_led_to_goes_with_it(tmp_path, store, model, words, target):
    folder = texts(tmp_path / "docs", a="The pump is red.")
    elsewhere = texts(tmp_path / "elsewhere", b="The tank is blue.")
    os.symlink(elsewhere / "b.txt" if target == "file" else elsewhere, folder / "link.txt")
    add(store, folder, model, words)
    assert len(stored_texts(store)) == 2
    shutil.rmtree(elsewhere)
    summary = add(store, folder, model, words)
    assert len(summary.removed) == 1 and summary.bad == []
    assert stored_texts(store) == ["The pump is red."]


@pytest.mark.parametrize("named", ["docs", "docs/*.txt", "docs/**/*.txt", "docs/a.txt", "link"])
def test_what_was_deleted_goes_however_it_is_named(tmp_path, store, model, words, named):
    folder = texts(tmp_path / "docs", a="The pump is red.")
    os.symlink(folder, tmp_path / "link")
    add(store, tmp_path / named, model, words)
    assert len(stored_texts(store)) == 1
    shutil.rmtree(folder)
    summary = add(store, tmp_path / named, model, words)
    assert len(summary.removed) == 1 and summary.bad == [] and stored_texts(store) == []
    assert len(add(store, tmp_path / named, model, words).bad) == 1


def test_a_disk_that_is_not_mounted_keeps_its_files(tmp_path, store, model, words, monkeypatch):
    disk = tmp_path / "the disk"
    disk.mkdir()
    monkeypatch.setattr(mounts, "_FSTAB", tmp_path / "fstab")
    (tmp_path / "fstab").write_text(f"# disks\n\n/dev/sdb1 {str(disk).replace(' ', chr(92) + '040')} ext4 noauto 0 0\n")
    folder = texts(disk / "docs", a="The pump is red.")
    add(store, folder, model, words)
    folder.rename(tmp_path / "unmounted")
    for named in (folder, folder / "a.txt", disk):
        assert add(store, named, model, words).removed == []
    assert stored_texts(store) == ["The pump is red."]
    (disk / "other").write_text("x")  # it is mounted, or no disk: the folder was deleted
    assert len(add(store, folder, model, words).removed) == 1


@pytest.mark.parametrize("path", ["/media/ann/no such disk/a.txt", "/run/media/ann/no such disk/a", "/Volumes/No/a/b"])
def test_removable_disks_are_known_by_their_place(path):
    assert mounts.absent(path) and not mounts.absent("/no such folder/a.txt")


def test_a_file_that_cannot_be_looked_at_stays(tmp_path, store, model, words, monkeypatch):
    folder = texts(tmp_path / "docs", a="The pump is red.")
    add(store, folder, model, words)
    stat = os.stat

    def refused(path, *args, **kwargs):
        if str(path).endswith("a.txt"):
            raise PermissionError(13, "Permission denied")
        return stat(path, *args, **kwargs)

    monkeypatch.setattr(os, "stat", refused)
    assert add(store, folder, model, words).removed == []
    monkeypatch.undo()
    assert stored_texts(store) == ["The pump is red."]


def test_the_store_is_made_anew_without_second_names(tmp_path, store, model, words):
    folder = texts(tmp_path / "docs", a="The pump is red.", b="The pump is red.")
    add(store, folder, model, words)
    assert store.journal.sources() == [str(Path(folder / "a.txt"))]
    assert len(ingest.rebuild(store, model, lambda: words, 64).added) == 1

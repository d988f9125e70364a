"""Files are replaced whole, and nothing is left beside them."""

from __future__ import annotations

import stat

import pytest

from rag.atomic import replacing, write_text


def test_the_new_text_takes_the_place_of_the_old_one_and_folders_are_made(tmp_path):
    path = tmp_path / "deep" / "notes.txt"
    write_text(path, "old")
    write_text(path, "grün\n")
    assert path.read_bytes() == "grün\n".encode() and list(path.parent.iterdir()) == [path]


def test_what_fails_half_way_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "notes.txt"
    write_text(path, "old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as part:
        part.write_text("ha")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_private_files_are_private_from_their_first_byte(tmp_path):
    path = tmp_path / "secret.wav"
    with replacing(path, mode=0o600, durable=False) as part:
        assert stat.S_IMODE(part.stat().st_mode) == 0o600
        part.write_bytes(b"x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and path.read_bytes() == b"x"

"""The pepper: made once, secret, never replaced, whole or not there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from edge.shell.pepper import PEPPER_BYTES, PepperError, load_pepper


def test_a_missing_pepper_is_made_secret_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "data" / "pepper.hex"
    made = load_pepper(path)
    assert len(made) == PEPPER_BYTES
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_pepper(path) == made
    assert load_pepper(tmp_path / "other.hex") != made
    assert [entry.name for entry in path.parent.iterdir()] == ["pepper.hex"], "nothing else is left behind"


def test_a_provisioned_pepper_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "pepper.hex"
    path.write_text("AB" * 32 + "\r\n")
    assert load_pepper(path) == b"\xab" * 32


@pytest.mark.parametrize(
    "content", [b"", b"00" * 31, b"00" * 33, b"zz" * 32, b"\xff" * 64, b"0" * 63], ids=repr
)
def test_a_damaged_pepper_is_an_error_naming_the_file_and_is_left_alone(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "pepper.hex"
    path.write_bytes(content)
    with pytest.raises(PepperError, match=r"pepper\.hex"):
        load_pepper(path)
    assert path.read_bytes() == content


def test_a_place_that_cannot_be_written_is_an_error_naming_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "pepper.hex", tmp_path):
        with pytest.raises(PepperError, match=str(path)):
            load_pepper(path)


def test_a_start_broken_off_while_writing_leaves_no_half_pepper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full or the power goes between creating and syncing; the next start simply makes one."""
    path = tmp_path / "pepper.hex"

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(PepperError, match="No space"):
            load_pepper(path)
    assert list(tmp_path.iterdir()) == []
    assert len(load_pepper(path)) == PEPPER_BYTES


def test_of_two_first_starts_one_makes_it_and_the_other_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pepper.hex"
    link = os.link

    def other_was_first(source: Path, target: Path) -> None:
        Path(target).write_text("cd" * 32)
        link(source, target)

    monkeypatch.setattr(os, "link", other_was_first)
    with pytest.raises(PepperError, match="cannot be made"):
        load_pepper(path)
    monkeypatch.undo()
    assert load_pepper(path) == b"\xcd" * 32

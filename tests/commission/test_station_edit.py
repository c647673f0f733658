"""Values of a station.toml change, and not one byte beside them."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from edge.commission.findings import Channel, Move
from edge.commission.station_edit import StationEdit, write_atomically
from edge.config import ConfigError

TEXT = """\
# top
[[line]]
id = "l1"

[[board]] # the upper one
  "id" = 'b1' # name
  channels = 8

  [board.options]
  gap_ms = 30

[[line]]
id = "l2"

[[board]]
id = "b2"
contact_closed_means = "locked"   # by hand
note = '''
[[board]]
'''

[[compartment]]
number = "A01"
board = "b1"
channel = 1 # top
[[compartment]]
number = "A02"
channel=2
board='b2'
# end"""


def edited(folder: Path, text: str = TEXT) -> StationEdit:
    path = folder / "station.toml"
    path.write_bytes(text.encode())
    return StationEdit(path)


def move(door: str, board: str, channel: int) -> Move:
    return Move(door, Channel("b1", 1), Channel(board, channel))


def test_without_changes_the_text_is_the_same(tmp_path: Path) -> None:
    edit = edited(tmp_path)
    assert edit.text() == TEXT
    assert edit.difference() == ""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_values_change_in_place_between_comments_and_tables(tmp_path: Path, newline: str) -> None:
    text = TEXT.replace("note = '''\n[[board]]\n'''\n", "").replace("\n", newline)
    edit = edited(tmp_path, text)
    edit.set_meaning("b1", "unlocked")
    edit.set_meaning("b2", "unlocked")
    edit.move([move("a01", "b2", 1), move("a02", "b1", 12)], str.upper)
    expected = (
        text.replace('"locked"   # by hand', '"unlocked"   # by hand')
        .replace("'b1' # name", f"'b1' # name{newline}  contact_closed_means = \"unlocked\"")
        .replace('board = "b1"', 'board = "b2"')
        .replace("channel=2", "channel=12")
        .replace("board='b2'", 'board="b1"')
    )
    assert edit.text() == expected
    assert f"+{'  '}contact_closed_means" in edit.difference()


def test_what_the_file_says_already_is_no_change(tmp_path: Path) -> None:
    edit = edited(tmp_path)
    edit.set_meaning("b2", "locked")
    edit.move([move("a01", "b1", 1)], str.upper)
    assert edit.text() == TEXT


def test_a_file_that_lines_do_not_tell_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """A header inside a text, or rows without headers: never a wrong edit."""
    text = "text = '''\n[[board]]\nid = \"b1\"\n'''\n[[board]]\nid = \"b1\"\n"
    edit = edited(tmp_path, text)
    edit.set_meaning("b1", "unlocked")
    with pytest.raises(ConfigError, match=r"by hand: \[\[board\]\] b1: contact_closed_means = \"unlocked\""):
        edit.text()

    edit = edited(tmp_path, 'board = [{ id = "b1" }]\n')
    edit.set_meaning("b1", "unlocked")
    with pytest.raises(ConfigError, match="by hand"):
        edit.difference()


def test_a_change_by_somebody_else_is_seen(tmp_path: Path) -> None:
    edit = edited(tmp_path)
    assert edit.unchanged_on_disk()
    (tmp_path / "station.toml").write_text("")
    assert not edit.unchanged_on_disk()


def test_writing_keeps_mode_and_link_and_leaves_nothing_beside(tmp_path: Path) -> None:
    real = tmp_path / "etc"
    real.mkdir()
    (real / "station.toml").write_text("a = 1\n")
    os.chmod(real / "station.toml", 0o640)
    link = tmp_path / "station.toml"
    link.symlink_to(real / "station.toml")
    write_atomically(link, "a = 2\n", lambda new: tomllib.loads(new.read_text()))
    assert link.is_symlink()
    assert link.read_text() == "a = 2\n"
    assert (real / "station.toml").stat().st_mode & 0o777 == 0o640
    assert [each.name for each in real.iterdir()] == ["station.toml"]


def test_what_the_check_refuses_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_text("a = 1\n")

    def refuse(new: Path) -> None:
        raise ConfigError("no")

    with pytest.raises(ConfigError):
        write_atomically(path, "a = 2\n", refuse)
    assert path.read_text() == "a = 1\n"
    assert [each.name for each in tmp_path.iterdir()] == ["station.toml"]

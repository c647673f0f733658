"""Changing a few values of station.toml without touching another byte of it: see docs/adr/0009.

    [[board]]                                      the n-th such header of the file
    contact_closed_means = "locked" # by hand      its line with the key: the value is replaced, no more

The text is edited by lines, which is less than TOML allows; so the new text is parsed, and must hold what the
old one held but for the values that were to change.  Else nothing is written, and the message says what to
change by hand.
"""

from __future__ import annotations

import copy
import difflib
import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from edge.commission.findings import Move
from edge.config import ConfigError

__all__ = ["StationEdit", "write_atomically"]

VALUE = r"""(?:"[^"\\]*"|'[^']*'|[^\s#"']+)"""
HEADER = re.compile(r"\s*\[")


class StationEdit:
    """The text of a station.toml and the changes to it.  ConfigError when it is no TOML."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            # Not read_text: it would turn CRLF into LF, and all lines would differ.
            self._before = path.read_bytes().decode("utf-8")
            self._wanted: dict[str, Any] = tomllib.loads(self._before)
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path}: {error}") from error
        self._lines = self._before.splitlines(keepends=True)
        self._changes: list[str] = []

    def set_meaning(self, board: str, meaning: str) -> None:
        """Another `contact_closed_means` for a [[board]]."""
        self._set("board", "id", board, "contact_closed_means", meaning)

    def move(self, moves: Sequence[Move], number_of: Callable[[str], str]) -> None:
        """Other boards and channels for [[compartment]]s; `number_of` gives a compartment's number by id."""
        for move in moves:
            number = number_of(move.door)
            self._set("compartment", "number", number, "board", move.now.board)
            self._set("compartment", "number", number, "channel", move.now.number)

    def text(self) -> str:
        """With all changes.  Raises ConfigError when they cannot be made in this file without other harm."""
        text = "".join(self._lines)
        try:
            as_wanted = tomllib.loads(text) == self._wanted
        except tomllib.TOMLDecodeError:
            as_wanted = False
        if not as_wanted:
            changes = "; ".join(self._changes)
            raise ConfigError(f"{self._path} is written in a way that is not understood; by hand: {changes}")
        return text

    def difference(self) -> str:
        """Before and after as a unified diff; empty when nothing changes.  Raises like `text`."""
        lines = difflib.unified_diff(
            self._before.splitlines(), self.text().splitlines(), str(self._path), str(self._path), lineterm=""
        )
        return "\n".join(lines)

    def unchanged_on_disk(self) -> bool:
        """True while nobody else has written the file since it was read."""
        try:
            return self._path.read_bytes() == self._before.encode("utf-8")
        except OSError:
            return False

    def _set(self, section: str, name: str, row: str, key: str, value: str | int) -> None:
        rows = self._wanted[section]
        index = next(number for number, each in enumerate(rows) if each[name] == row)
        if rows[index].get(key) == value:
            return
        self._wanted = copy.deepcopy(self._wanted)
        self._wanted[section][index][key] = value
        written = f'"{value}"' if isinstance(value, str) else str(value)
        self._changes.append(f"[[{section}]] {row}: {key} = {written}")
        block = self._block(section, index)
        if not self._replace(block, key, written):
            self._insert(block, name, f"{key} = {written}")

    def _block(self, section: str, index: int) -> range:
        """The lines between the `index`-th header of `section` and the next header of any table."""
        header = re.compile(rf"\s*\[\[\s*{section}\s*\]\]")
        starts = [number for number, line in enumerate(self._lines) if header.match(line)]
        if index >= len(starts):
            return range(0)
        first = starts[index] + 1
        after = (number for number in range(first, len(self._lines)) if HEADER.match(self._lines[number]))
        return range(first, next(after, len(self._lines)))

    def _replace(self, block: range, key: str, written: str) -> bool:
        pattern = re.compile(rf"""(\s*["']?{key}["']?\s*=\s*){VALUE}""")
        for number in block:
            found = pattern.match(self._lines[number])
            if found:
                self._lines[number] = found[1] + written + self._lines[number][found.end() :]
                return True
        return False

    def _insert(self, block: range, name: str, line: str) -> None:
        """Put `line` behind the one that names the row, indented and ended like it."""
        pattern = re.compile(rf"""(\s*)["']?{name}["']?\s*=.*?(\r?\n|$)""", re.DOTALL)
        for number in block:
            found = pattern.match(self._lines[number])
            if found:
                self._lines.insert(number + 1, f"{found[1]}{line}{found[2]}")
                return


def write_atomically(path: Path, text: str, check: Callable[[Path], object] | None = None) -> None:
    """Replace `path` by `text` so that at any moment the old or the new file is whole on the disk.

    Owner and mode stay, and so does a link that leads to the file.  `check` sees the new file in the same
    folder first, and what it raises leaves the old one as it was.
    """
    target = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".toml", dir=target.parent)
    new = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            if target.exists():
                there = target.stat()
                os.fchmod(file.fileno(), there.st_mode & 0o7777)
                if (there.st_uid, there.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(file.fileno(), there.st_uid, there.st_gid)
            os.fsync(file.fileno())
        if check is not None:
            check(new)
        new.replace(target)
    except BaseException:  # whatever ends it, Ctrl-C too, leaves no half file; it goes on
        new.unlink(missing_ok=True)
        raise
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

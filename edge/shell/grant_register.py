"""The second record of spent and revoked grants: a small file of its own, beside the journal or elsewhere.

A restored journal forgets what was spent after the copy was made; this file
does not, as long as it is not restored with it.  It only ever grows by whole
lines, each `sum json`: the first sixteen hexadecimal digits of the SHA-256 of
the JSON, and the JSON.  The first line names the station; the others carry a
number that grows by one, so that a line lost in the middle shows.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from edge.core.grant_book import KEPT_AFTER_MS
from edge.shell.envelope import StationIdentity

__all__ = ["COMPACT_AFTER", "MAX_BYTES", "GrantRegister", "RegisterError"]

MAX_BYTES: Final = 32 * 1024 * 1024
"""More than `COMPACT_AFTER` lines of 1,000 grants each would take; a larger file is none of ours."""

COMPACT_AFTER: Final = 5_000
"""Lines before the file is written anew: 45 days of 111 grants; 400 kB, read in some milliseconds."""

AT_ONCE: Final = 500
"""Entries of one line when the file is written anew."""


class RegisterError(Exception):
    """The register cannot be used; names the file and the cause."""


class _Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """`head` is the journal's last sequence at the writing."""

    n: int
    head: int = 0
    spent: dict[str, int] = {}
    revoked: dict[str, int] = {}
    epoch: int = 0
    forgotten: int = 0
    station: str = ""


@dataclass
class _Contents:
    spent: dict[str, int] = field(default_factory=dict)
    revoked: dict[str, int] = field(default_factory=dict)
    epoch: int = 0
    forgotten_ms: int = 0
    head: int = 0

    def add(self, line: _Line) -> None:
        for known, told in ((self.spent, line.spent), (self.revoked, line.revoked)):
            for key, until_ms in told.items():
                known[key] = max(until_ms, known.get(key, 0))
        self.epoch = max(self.epoch, line.epoch)
        self.forgotten_ms = max(self.forgotten_ms, line.forgotten)
        self.head = max(self.head, line.head)


class GrantRegister:
    """The open file.  Every method blocks on it and belongs to one worker thread.

    `trouble` is empty, `register-missing` when the file had to be made, or
    `register-damaged` when something in it could not be read.
    """

    def __init__(self, path: Path, identity: StationIdentity) -> None:
        """Open or make `path`; a torn last line is cut off.  Raises RegisterError."""
        self.path = path
        self.trouble = ""
        self._owner = identity.source
        self._contents = _Contents()
        self._lines = 0
        self._fd = -1
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._read()
        except OSError as error:
            raise RegisterError(f"{path}: {error.strerror or error}") from error

    # --- what it holds; no I/O ------------------------------------------------------

    @property
    def spent(self) -> Mapping[str, int]:
        """Spent grants with the end of their life in milliseconds."""
        return self._contents.spent

    @property
    def revoked(self) -> Mapping[str, int]:
        """Revoked ones likewise."""
        return self._contents.revoked

    @property
    def epoch(self) -> int:
        """The highest epoch written."""
        return self._contents.epoch

    @property
    def forgotten_ms(self) -> int:
        """What ended `KEPT_AFTER_MS` before this may have been dropped from the file."""
        return self._contents.forgotten_ms

    @property
    def head(self) -> int:
        """The highest head of the journal at any writing: a journal that ends before it was set back."""
        return self._contents.head

    @property
    def long(self) -> bool:
        """Whether it is time to `compact`."""
        return self._lines > COMPACT_AFTER

    # --- writing -----------------------------------------------------------------------

    def add(self, spent: Mapping[str, int], revoked: Mapping[str, int], epoch: int, head: int) -> None:
        """Write what is not there yet; on stable storage when this returns.  Raises RegisterError.

        After a failure the file must be opened anew: half a line in it would spoil the next one.
        """
        line = _Line(
            n=self._lines,
            head=head,
            spent={k: v for k, v in spent.items() if v > self.spent.get(k, 0)},
            revoked={k: v for k, v in revoked.items() if v > self.revoked.get(k, 0)},
            epoch=epoch,
        )
        if not (line.spent or line.revoked or epoch > self.epoch):
            return
        self._append(line)
        self._contents.add(line)

    def compact(self, forgotten_ms: int) -> None:
        """Write the file anew without what ended long before `forgotten_ms`.  Raises RegisterError."""
        kept = self._contents
        kept.forgotten_ms = max(kept.forgotten_ms, forgotten_ms)
        kept.spent = _kept(kept.spent, kept.forgotten_ms)
        kept.revoked = _kept(kept.revoked, kept.forgotten_ms)
        try:
            self._rewrite()
        except OSError as error:
            raise RegisterError(f"{self.path}: {error.strerror or error}") from error

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    # --- the file ------------------------------------------------------------------------

    def _append(self, line: _Line) -> None:
        body = _encoded(line)
        size = None
        try:
            if self._fd < 0:
                raise RegisterError(f"{self.path}: closed")
            size = os.fstat(self._fd).st_size
            if not self.path.exists():
                # Unlinked while open: what is written to it now would be gone at the next start.
                raise RegisterError(f"{self.path}: the file was taken away")
            if os.write(self._fd, body) != len(body):
                raise OSError(0, "written only in part")
            os.fsync(self._fd)
        except OSError as error:
            if size is not None:
                with suppress(OSError):
                    os.ftruncate(self._fd, size)
            self.close()
            raise RegisterError(f"{self.path}: {error.strerror or error}") from error
        self._lines += 1

    def _read(self) -> None:
        try:
            if self.path.stat().st_size > MAX_BYTES:
                raise RegisterError(f"{self.path}: larger than {MAX_BYTES} bytes")
            data = self.path.read_bytes()
        except FileNotFoundError:
            self.trouble = "register-missing"
            self._rewrite()
            return
        lines, tail = data.split(b"\n")[:-1], data.rpartition(b"\n")[2]
        good = [line for line in map(_decoded, lines) if line is not None]
        if not good or good[0].station != self._owner:
            if good and good[0].station:
                raise RegisterError(f"{self.path}: belongs to {good[0].station}, not to {self._owner}")
            self.trouble = "register-damaged"
        elif len(good) != len(lines) or [line.n for line in good] != list(range(len(good))):
            self.trouble = "register-damaged"
        for line in good:
            self._contents.add(line)
        if self.trouble or len(lines) > COMPACT_AFTER:
            self._rewrite()
            return
        self._open()
        self._lines = len(good)
        if tail:
            # The power went while it was written; nothing waited on it had been released.
            os.ftruncate(self._fd, len(data) - len(tail))
            os.fsync(self._fd)

    def _open(self) -> None:
        self.close()
        self._fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def _rewrite(self) -> None:
        """The whole file from what is known, in place of the old one in one step."""
        lines = self._whole()
        fresh = self.path.with_name(f"{self.path.name}.new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.writelines(_encoded(line) for line in lines)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self.path)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self._open()
        self._lines = len(lines)

    def _whole(self) -> list[_Line]:
        now = self._contents
        lines = [_Line(n=0, station=self._owner, head=now.head, epoch=now.epoch, forgotten=now.forgotten_ms)]
        for name, entries in (("spent", now.spent), ("revoked", now.revoked)):
            items = list(entries.items())
            for first in range(0, len(items), AT_ONCE):
                part = dict(items[first : first + AT_ONCE])
                line = _Line(n=len(lines), **{name: part})  # type: ignore[arg-type]  # spent or revoked
                lines.append(line)
        return lines


def _kept(entries: dict[str, int], forgotten_ms: int) -> dict[str, int]:
    return {key: until_ms for key, until_ms in entries.items() if until_ms + KEPT_AFTER_MS > forgotten_ms}


def _sum(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest()[:16].encode()


def _encoded(line: _Line) -> bytes:
    body = msgspec.json.encode(line)
    return _sum(body) + b" " + body + b"\n"


def _decoded(text: bytes) -> _Line | None:
    given, _, body = text.partition(b" ")
    if given != _sum(body):
        return None
    try:
        return msgspec.json.decode(body, type=_Line)
    except msgspec.MsgspecError:
        return None

"""The remote configuration on disk: one small file, replaced as a whole.

Written beside the journal, where the service may write; station.toml stays the operator's.  A power cut
leaves the old file or the new one.  A damaged file is as good as none: the backend's document is retained
and comes again.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from edge.core.model import Scalar
from edge.shell.twin_messages import ConfigRefusal, ConfigReverted

__all__ = ["FILE_NAME", "NONE", "RemoteConfig", "TwinFile", "TwinRecord"]

FILE_NAME: Final = "remote-config.json"
"""In [paths] data."""

MAX_FILE_BYTES: Final = 256 * 1024
"""Three documents at their longest take some 50 kB; more is not ours."""

_log = logging.getLogger(__name__)


class RemoteConfig(msgspec.Struct, frozen=True):
    """One document as taken: `values` of its valid keys, and the others with their reasons."""

    version: int = 0
    hash: str = ""
    values: dict[str, Scalar] = {}
    refused: list[ConfigRefusal] = []


NONE: Final = RemoteConfig()
"""station.toml alone."""


class TwinRecord(msgspec.Struct, frozen=True):
    """What is known durably.

    While `probation` lasts `last_good` is what comes back; `starts` counts the starts since, `lost_before`
    are the devices that were lost already when it began, `awaits_restart` says that keys of it hold from the
    next start on.  `highest` is the highest version ever taken: no lower one is taken again.
    """

    in_force: RemoteConfig = NONE
    last_good: RemoteConfig = NONE
    probation: bool = False
    awaits_restart: bool = False
    starts: int = 0
    lost_before: list[str] = []
    highest: int = 0
    reverted: ConfigReverted | None = None


class _Envelope(msgspec.Struct, frozen=True):
    """`sha256` is over the bytes of `record`: a file half written by another hand is not believed."""

    form: int
    sha256: str
    record: msgspec.Raw


class TwinFile:
    """Reads and replaces the file; both block."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> TwinRecord | None:
        """What it holds; an empty record when there is none, None when it cannot be believed."""
        try:
            with self.path.open("rb") as file:
                body = file.read(MAX_FILE_BYTES + 1)
        except FileNotFoundError:
            return TwinRecord()
        except OSError as error:
            _log.error("%s: %s", self.path, error.strerror)
            return None
        try:
            envelope = msgspec.json.decode(body, type=_Envelope)
            if envelope.form != 1 or sha256(envelope.record).hexdigest() != envelope.sha256:
                raise msgspec.ValidationError("its checksum is wrong")
            return msgspec.json.decode(envelope.record, type=TwinRecord)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            _log.error("%s is damaged (%s) and passed over", self.path, error)
            return None

    def save(self, record: TwinRecord) -> None:
        """Replace it; durable when this returns.  Raises OSError, with the old file as it was."""
        raw = msgspec.json.encode(record)
        body = msgspec.json.encode(_Envelope(1, sha256(raw).hexdigest(), msgspec.Raw(raw)))
        fresh = self.path.with_name(f"{self.path.name}.new")
        try:
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, self.path)
        except OSError:
            with suppress(OSError):
                fresh.unlink()
            raise
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

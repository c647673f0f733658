"""The job `diagnostics`: what somebody far away needs to see, without secrets, in a bounded bundle."""

from __future__ import annotations

import asyncio
import io
import itertools
import logging
import re
import tarfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import msgspec

from edge.core.model import JobRecord, Scalar
from edge.shell.envelope import encode_shed
from edge.shell.hooks import run_hook
from edge.shell.jobs import Outcome
from edge.shell.journal import Journal, Record
from edge.shell.twin_messages import JobNext

__all__ = ["BUNDLES_KEPT", "MAX_BUNDLE_BYTES", "DiagnosticsJob", "without_secrets"]

MAX_FACTS_BYTES: Final = 4_000_000
"""Of the journal's tail before packing; it packs to a tenth."""

MAX_BUNDLE_BYTES: Final = 8_000_000
"""A bundle over it is not kept: a mobile link carries it in some minutes, the disk three of them."""

BUNDLES_KEPT: Final = 3

FETCH: Final = 250
"""Facts read from the journal at once: appends of live doors go between.  So many are in memory beside
`MAX_FACTS_BYTES`, and no more."""

_SECRET: Final = re.compile(r"pass|secret|scrypt|pepper|token|private|pin", re.IGNORECASE)
_USER_INFO: Final = re.compile(r"(?<=://)[^/\s]+@")
_COMMANDS: Final = frozenset({"command", "upload"})
"""Hooks: what follows the program's name may be a token or a signed address."""

_log = logging.getLogger(__name__)


class DiagnosticsJob:
    """`sheets` gives the other files of the bundle by name, on the loop; `folder` is where bundles lie.

    `upload` is a command of the operator's that is called with the bundle's path, or empty: then it lies
    there for being fetched.
    """

    steps = ("collect", "upload")

    def __init__(
        self,
        journal: Journal,
        folder: Path,
        sheets: Callable[[], Mapping[str, bytes]],
        upload: Sequence[str],
    ) -> None:
        self._journal = journal
        self._folder = folder
        self._sheets = sheets
        self._upload = upload

    def objection(self, job: JobNext) -> str | None:
        """See `Worker.objection`."""
        return None

    def resume(self, step: str, job: JobRecord) -> Outcome | None:
        """Looking again does no harm, and neither does carrying the same bundle away again."""
        return None

    async def do(self, step: str, job: JobRecord) -> Outcome | None:
        """See `Worker.do`."""
        path = self._folder / f"{job.id}.tar.gz"
        if step == "collect":
            facts = await self._tail(int(job.parameters.get("facts", 1_000)))
            size = await asyncio.to_thread(_pack, path, {**self._sheets(), "facts.jsonl": facts})
            return None if size else Outcome("failed", f"the bundle is over {MAX_BUNDLE_BYTES} bytes")
        return await self._carry(path)

    async def _tail(self, count: int) -> bytes:
        """The newest facts as they were published, oldest first, within the bound: the newest win."""
        kept: deque[bytes] = deque()
        size, last = 0, self._journal.head
        after = max(0, last - count)
        # Up to the head of now: facts that a busy station records meanwhile would never let it end.
        while after < last and (records := await self._journal.fetch(after, min(FETCH, last - after))):
            kept.extend(self._told(record) for record in records)
            size += sum(len(each) for each in itertools.islice(reversed(kept), len(records)))
            while size >= MAX_FACTS_BYTES:
                size -= len(kept.popleft())
            after = records[-1].seq
        return b"".join(kept)

    def _told(self, record: Record) -> bytes:
        """The fact as a line; where its content has left, what the backend is told in its place."""
        body = record.body or encode_shed(
            self._journal.identity, record.seq, record.id, record.type, record.happened_ms, record.hash
        )
        return body + b"\n"

    async def _carry(self, path: Path) -> Outcome:
        try:
            body = await asyncio.to_thread(path.read_bytes)
        except OSError as error:
            return Outcome("failed", f"{path}: {error.strerror}")
        result: dict[str, Scalar] = {
            "path": str(path),
            "bytes": len(body),
            "sha256": sha256(body).hexdigest(),
            "uploaded": False,
        }
        if not self._upload:
            return Outcome("succeeded", "it lies there for being fetched", result)
        try:
            end = await run_hook(self._upload, str(path))
        except OSError as error:
            return Outcome("failed", f"{self._upload[0]}: {error.strerror}", result)
        if end.code != 0:
            return Outcome("failed", f"{self._upload[0]} ended with {end.code}: {end.output[-300:]}", result)
        return Outcome("succeeded", end.output[-100:], result | {"uploaded": True})


def _pack(path: Path, files: Mapping[str, bytes]) -> int:
    """Write the bundle whole, drop the oldest beyond `BUNDLES_KEPT`; its size, or 0 when it is too large."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, body in sorted(files.items()):
            entry = tarfile.TarInfo(f"{path.name.removesuffix('.tar.gz')}/{name}")
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    if buffer.tell() > MAX_BUNDLE_BYTES:
        return 0
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(buffer.getvalue())
    fresh.chmod(0o600)
    fresh.replace(path)
    bundles = sorted(path.parent.glob("*.tar.gz"), key=lambda each: each.stat().st_mtime_ns)
    for old in bundles[:-BUNDLES_KEPT]:
        with suppress(OSError):
            old.unlink()
    return buffer.tell()


def without_secrets(table: Any) -> Any:
    """A parsed station.toml with everything that lets somebody in struck out."""
    if isinstance(table, dict):
        return {key: _without(key, value) for key, value in table.items()}
    if isinstance(table, list):
        return [without_secrets(each) for each in table]
    return _USER_INFO.sub("…@", table) if isinstance(table, str) else table


def _without(key: str, value: Any) -> Any:
    if key in _COMMANDS and isinstance(value, list):
        return [*value[:1], *("…" for _ in value[1:])]
    return "…" if _SECRET.search(key) and not isinstance(value, dict) else without_secrets(value)


def sheet(value: object) -> bytes:
    """A file of the bundle: indented JSON."""
    return msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2)

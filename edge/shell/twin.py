"""The configuration twin: the backend's desired document becomes the station's, or is refused with reasons.

    document ── read, hash, signature ── keys ── file (durable) ── fact ── in force, on probation
                                                                             │
                        last good one back, by file and fact ◀── unhealthy ──┴── healthy ──▶ confirmed

The file comes first: a crash between file and fact is made good at the next start, before anything is
decided.  The facts are what decisions are made by.  There is at most one configuration on probation; a newer
document takes its place and not the last good one's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.core.inputs import ConfigChanged
from edge.core.model import ConfigState, Scalar
from edge.shell.blocking import Blocking
from edge.shell.clock import Clock
from edge.shell.envelope import StationIdentity
from edge.shell.refusals import TokenBucket
from edge.shell.twin_document import DocumentError, desired_from, digest_of
from edge.shell.twin_file import NONE, RemoteConfig, TwinFile, TwinRecord
from edge.shell.twin_keys import KEYS, checked, in_order
from edge.shell.twin_messages import ConfigDesired, ConfigReport, ConfigReverted

__all__ = [
    "HEALTHY_S",
    "PROBATION_MAX_S",
    "PROBATION_S",
    "STARTS_ON_PROBATION",
    "TAKEN_BURST",
    "TAKEN_PER_S",
    "Standing",
    "Twin",
    "TwinDoors",
]

LOOK_S: Final = 1.0
"""How often health is looked at on probation: reading it costs nothing."""

HEALTHY_S: Final = 60.0
"""In a row, for a configuration to be good: two heartbeats, and longer than the first steps of a back-off."""

PROBATION_S: Final = 600.0
"""Unhealthy for so long brings the last good one back: the longest back-off of a fleet, and short enough that
nobody drives out."""

PROBATION_MAX_S: Final = 3_600.0
"""Neither healthy for a minute nor ill for ten in all this time is no health."""

STARTS_ON_PROBATION: Final = 2
"""Starts that a configuration on probation may see: one may be a power cut or an operator's, the third is its
own doing."""

TAKEN_PER_S: Final = 0.1
TAKEN_BURST: Final = 10
"""Documents looked at: each costs a signature, and a good one a synced file and a fact; the newest waits."""

SAVE_AGAIN_S: Final = 10.0
"""A disk that refuses the file may have room again; nothing changes before it is written."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the station is: `online` is the link greeted and in use, `lost` the devices that do not answer."""

    online: bool
    lost: frozenset[str]


@dataclass(frozen=True, slots=True)
class TwinDoors:
    """What the twin asks of the service, on the loop.

    `record` makes a fact of a change and returns False when it must be tried again; `standing` is the
    station's health now; `live` gets all values that hold, after each change; `changed` tells that `report`
    has another answer; `refused` gets reason, detail and digest of a document refused as a whole, each time
    it comes.
    """

    record: Callable[[ConfigChanged], Awaitable[bool]]
    standing: Callable[[], Standing]
    live: Callable[[dict[str, Scalar]], None]
    changed: Callable[[], None]
    refused: Callable[[str, str, str], None]


class Twin:
    """One station's twin.  `base` is station.toml's value for every key of the table.

    `take_up` comes first, before any decision; then `run` is one task for the service's life.
    """

    def __init__(
        self,
        identity: StationIdentity,
        clock: Clock,
        file: TwinFile,
        blocking: Blocking,
        base: dict[str, Scalar],
        keys: Sequence[Ed25519PublicKey],
        doors: TwinDoors,
    ) -> None:
        self._identity = identity
        self._clock = clock
        self._file = file
        self._blocking = blocking
        self._base = base
        self._keys = keys
        self._doors = doors
        self._record = TwinRecord()
        self._at_start: dict[str, Scalar] = dict(base)
        self._offered: bytes | None = None
        self._wake = asyncio.Event()
        self._bucket = TokenBucket(clock, TAKEN_PER_S, TAKEN_BURST)
        self._rejected: str | None = None
        self._began_s = 0.0
        self._well_since_s: float | None = None
        self._well_last_s = 0.0

    # --- at the start ----------------------------------------------------------------------------

    def read(self) -> dict[str, Scalar]:
        """Read the file and count this start; returns what holds for every key of the table.  Blocks.

        A configuration on probation that has seen its starts is taken out here, before anything reads it.
        Raises OSError when the file cannot be replaced: without counting, a crash would come for ever.
        """
        found = self._file.load()
        record = TwinRecord() if found is None else found
        if record.probation:
            starts = 1 if record.awaits_restart else record.starts + 1
            record = msgspec.structs.replace(record, starts=starts, awaits_restart=False)
            if starts > STARTS_ON_PROBATION:
                record = _taken_out(record, "crashed", f"{starts} starts on probation")
                _log.error("remote configuration %s reverted: it crashed", record.reverted)
            self._file.save(record)
        self._record = record
        self._at_start = self._held(record)
        return self._at_start

    async def take_up(self, known: ConfigState) -> None:
        """Bring the facts (`known`) in line with the file, where a crash came between the two."""
        record, now = self._record, self._record.in_force
        if known.hash != now.hash or known.version != now.version or known.values != now.values:
            out = record.reverted
            taken_out = out is not None and (out.version, out.hash) == (known.version, known.hash)
            if out is not None and taken_out:
                await self._tell(self._revert_of(known.version, known.hash, out.reason))
            elif now == NONE and known.version:
                # The file is lost, not what the facts know: the same document may come again, no older one.
                await self._put(msgspec.structs.replace(record, highest=known.version - 1))
                await self._tell(self._revert_of(known.version, known.hash, "lost-file"))
            else:
                await self._tell(self._apply_of())
        elif known.probation and not record.probation:
            await self._tell(self._confirm_of())
        self._begin_probation()
        self._doors.live(self._held(record))

    # --- what arrives -----------------------------------------------------------------------------

    def offer(self, payload: bytes) -> None:
        """A message on `config/desired`; only the newest waits.  An empty one withdraws nothing: it is how a
        broker forgets a retained message, not a document."""
        if payload:
            self._offered = payload
            self._wake.set()

    def report(self) -> ConfigReport:
        """What `state/config` says now."""
        record = self._record
        held = self._held(record)
        state: Literal["none", "probation", "in-force"] = "in-force" if record.in_force.version else "none"
        return ConfigReport(
            version=record.in_force.version,
            hash=record.in_force.hash,
            state="probation" if record.probation else state,
            applied=sorted(record.in_force.values),
            refused=record.in_force.refused,
            pending_restart=self._pending(record),
            values=held | {key: self._at_start[key] for key in self._pending(record)},
            rejected=self._rejected,
            reverted=record.reverted,
        )

    async def run(self) -> None:
        """Take documents and watch probation, for ever."""
        looked_s = self._clock.monotonic()
        while True:
            busy = self._record.probation or self._offered is not None
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S if busy else None):
                    await self._wake.wait()
            self._wake.clear()
            if self._record.probation and self._clock.monotonic() - looked_s >= LOOK_S:
                looked_s = self._clock.monotonic()
                await self._look()
            if self._offered is not None and self._bucket.take():
                payload, self._offered = self._offered, None
                await self._take(payload)

    async def _take(self, payload: bytes) -> None:
        rejected = self._rejected
        try:
            document = self._read(payload)
            if document.hash != self._record.in_force.hash:
                self._may_follow(document)
                await self._apply(document)
            self._rejected = None
        except DocumentError as error:
            self._rejected = error.reason
            if self._rejected != rejected:
                _log.warning("remote configuration refused: %s: %s", error.reason, error)
            # It is retained and comes with each connection; whether it was told is in the journal.
            self._doors.refused(f"config-{error.reason}", str(error), digest_of(payload))
        self._doors.changed()

    def _read(self, payload: bytes) -> ConfigDesired:
        """The document; whatever is wrong with a retained one must not end the service at every start."""
        try:
            return desired_from(payload, self._identity, self._keys)
        except DocumentError:
            raise
        except Exception as error:  # the unit is a document: it is retained, and comes with each connection
            _log.exception("a document that could not be read")
            raise DocumentError("bad-envelope", type(error).__name__) from error

    def _may_follow(self, document: ConfigDesired) -> None:
        record = self._record
        if record.reverted is not None and record.reverted.hash == document.hash:
            raise DocumentError("reverted", "it was taken out for its health; send it as a higher version")
        if document.version <= record.highest:
            raise DocumentError("old-version", f"{document.version}, up to {record.highest} are known")

    async def _apply(self, document: ConfigDesired) -> None:
        values, refused = checked(document.values, self._base)
        record = self._record
        fresh = TwinRecord(
            in_force=RemoteConfig(document.version, document.hash, values, refused),
            last_good=record.last_good if record.probation else record.in_force,
            probation=True,
            lost_before=sorted(self._doors.standing().lost),
            highest=document.version,
            reverted=record.reverted,
        )
        fresh = msgspec.structs.replace(fresh, awaits_restart=bool(self._pending(fresh)))
        await self._put(fresh)
        self._begin_probation()
        _log.info("remote configuration %d in force, on probation", document.version)
        await self._tell(self._apply_of())

    # --- probation ---------------------------------------------------------------------------------

    def _begin_probation(self) -> None:
        self._began_s = self._well_last_s = self._clock.monotonic()
        self._well_since_s = None

    async def _look(self) -> None:
        """Confirm after `HEALTHY_S` of health; revert after `PROBATION_S` without, or `PROBATION_MAX_S`.

        While keys wait for a restart only the second can happen: the first would be no proof of them.
        """
        now_s, standing, record = self._clock.monotonic(), self._doors.standing(), self._record
        missing = sorted(standing.lost - set(record.lost_before))
        if standing.online and not missing:
            self._well_last_s = now_s
            self._well_since_s = now_s if self._well_since_s is None else self._well_since_s
            if now_s - self._well_since_s >= HEALTHY_S and not record.awaits_restart:
                await self._confirm()
                return
        else:
            self._well_since_s = None
        too_long = not record.awaits_restart and now_s - self._began_s >= PROBATION_MAX_S
        if now_s - self._well_last_s >= PROBATION_S or too_long:
            await self._revert("lost: " + ", ".join(missing) if missing else "no link")

    async def _confirm(self) -> None:
        record = msgspec.structs.replace(
            self._record, probation=False, starts=0, lost_before=[], last_good=NONE
        )
        await self._put(record)
        _log.info("remote configuration %d is good", record.in_force.version)
        await self._tell(self._confirm_of())

    async def _revert(self, detail: str) -> None:
        out = self._record.in_force
        await self._put(_taken_out(self._record, "unhealthy", detail))
        _log.error("remote configuration %d reverted: %s", out.version, detail)
        await self._tell(self._revert_of(out.version, out.hash, "unhealthy"))

    # --- file and fact -------------------------------------------------------------------------------

    async def _put(self, record: TwinRecord) -> None:
        """Durable first; until the disk takes it nothing changes."""
        told = False
        while True:
            try:
                await self._blocking.run(lambda: self._file.save(record))
                break
            except OSError as error:
                if not told:
                    _log.error("%s: %s; trying again", self._file.path, error.strerror)
                told = True
                await asyncio.sleep(SAVE_AGAIN_S)
        self._record = record

    async def _tell(self, change: ConfigChanged) -> None:
        while not await self._doors.record(change):
            await asyncio.sleep(LOOK_S)
        self._doors.live(self._held(self._record))
        self._doors.changed()

    def _apply_of(self) -> ConfigChanged:
        now = self._record.in_force
        refused = {refusal.key: refusal.reason for refusal in now.refused}
        return ConfigChanged("applied", now.version, now.hash, now.values, refused, self._record.probation)

    def _confirm_of(self) -> ConfigChanged:
        now = self._record.in_force
        return ConfigChanged("confirmed", now.version, now.hash)

    def _revert_of(self, version: int, hash_: str, reason: str) -> ConfigChanged:
        now, out = self._record.in_force, self._record.reverted
        return ConfigChanged(
            "reverted",
            now.version,
            now.hash,
            now.values,
            reverted_version=version,
            reverted_hash=hash_,
            reason=reason,
            detail=out.detail if out is not None else "",
        )

    def _held(self, record: TwinRecord) -> dict[str, Scalar]:
        """station.toml under the remote values; of these only keys that this software has."""
        remote = {key: value for key, value in record.in_force.values.items() if key in KEYS}
        return in_order(self._base | remote, self._base)

    def _pending(self, record: TwinRecord) -> list[str]:
        held = self._held(record)
        return [key for key, row in KEYS.items() if not row.live and held[key] != self._at_start[key]]


def _taken_out(record: TwinRecord, reason: str, detail: str) -> TwinRecord:
    """The last good one in force again, and nothing on probation."""
    out = record.in_force
    return TwinRecord(
        in_force=record.last_good,
        highest=record.highest,
        reverted=ConfigReverted(out.version, out.hash, reason, detail),
    )

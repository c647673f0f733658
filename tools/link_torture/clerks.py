"""What a backend keeps in a station's slots: configurations, good ones and bad, and long jobs one by one.

Both clerks remember what they sent, for the judge.  What the contract asks of a backend they do: a document
that the station took back is sent again as a higher version, and what is not answered is repeated.
"""

from __future__ import annotations

import asyncio
import base64
import json
import random
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from simulators.backend import Backend
from tools.link_torture.patience import rest, until
from tools.link_torture.witness import FINAL_STATES

__all__ = ["KEY", "PUBLIC_KEY", "ConfigClerk", "Desired", "JobClerk"]

KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes([3]) * 32)
"""Signs configurations and jobs; for a rehearsal only."""

PUBLIC_KEY: Final = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()
"""For station.toml."""

FOREIGN_KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes([4]) * 32)

CONFIG: Final = "config/desired"
JOBS: Final = "jobs/next"

PAUSE_S: Final = (0.5, 5.0)
"""Between two documents.  The station looks at one in ten seconds, and at ten at once after each start."""

STANDS_S: Final = 20.0
"""A document has so long to be answered before the next takes its place."""

REPEAT_S: Final = 8.0

FAULTS: Final = ("wrong-hash", "other-station", "bad-signature", "old-version", "bad-data", "bad-envelope")
"""For which a station refuses a document as a whole."""

ODD: Final[tuple[tuple[dict[str, Any], dict[str, str]], ...]] = (
    ({}, {}),
    ({}, {}),
    ({"mqtt.host": "elsewhere.example"}, {"mqtt.host": "not-remote"}),
    ({"rules.no_such_rule": 1}, {"rules.no_such_rule": "unknown-key"}),
    ({"rules.lockout_s": "soon"}, {"rules.lockout_s": "wrong-type"}),
    ({"rules.max_extends": 99}, {"rules.max_extends": "out-of-range"}),
    (
        {"rules.lockout_s": 7_200, "rules.max_lockout_s": 600},
        {"rules.lockout_s": "conflict", "rules.max_lockout_s": "conflict"},
    ),
)
"""Keys of a good document that the station does not take, with the reasons it tells."""

WORK: Final[tuple[tuple[str, dict[str, Any], str], ...]] = (
    ("deadline-shift", {"shift_s": 60}, "succeeded"),
    ("deadline-shift", {"shift_s": -60, "carrier": "ems"}, "succeeded"),
    ("diagnostics", {"facts": 50}, "succeeded"),
    ("diagnostics", {"colour": "blue"}, "rejected"),
    ("no-such-kind", {}, "rejected"),
)
"""Kinds and parameters of jobs, and how they end."""


@dataclass(frozen=True, slots=True)
class Desired:
    """A document on `config/desired`; `digest` is that of its bytes.

    A good one has the values it sets and the keys `refused` of it, a bad one the `fault` it has as a whole.
    """

    digest: str
    version: int
    body: bytes
    hash: str = ""
    values: tuple[tuple[str, Any], ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    fault: str = ""


class ConfigClerk:
    """`sent` is every document, in order; `good` the last one that is to be in force."""

    def __init__(self, station: str, backend: Backend, rng: random.Random) -> None:
        self._station = station
        self._backend = backend
        self._rng = rng
        self._version = int(time.time())
        self._told: set[str] = set()
        self._slot: Desired | None = None
        self.sent: list[Desired] = []
        self.good: Desired | None = None
        backend.subscribe(self._hear)

    def _hear(self, kind: str, what: Any) -> None:
        if kind == "event" and what.type == "ph.security.input-refused.v1":
            self._told.add(what.data.get("document", ""))

    async def work(self, over: asyncio.Event) -> None:
        """Good ones, some in a quick row, and bad ones that stand until told, until it is `over`."""
        while not over.is_set():
            way = self._rng.choice(("good", "row", "bad"))
            if way == "bad":
                self._put(self._bad())
            for _ in range({"good": 1, "row": self._rng.randint(2, 3)}.get(way, 0)):
                self._desire(self._values(), *self._rng.choice(ODD))
                await rest(over, self._rng.uniform(0, 0.5))
            await until(lambda: self._answered or over.is_set(), STANDS_S)
            await rest(over, self._rng.uniform(*PAUSE_S))

    async def settle(self) -> None:
        """Return when every bad one was told and the last good one is in force."""
        for bad in [each for each in self.sent if each.fault and each.digest not in self._told]:
            self._put(bad)
            while not await until(lambda: self._answered, REPEAT_S):
                self._backend.twin.repeat(self._station, CONFIG)
        if self.good is None or self._slot is not self.good:
            self._again()
        while not await until(lambda: self.in_force, STANDS_S):
            self._again()

    @property
    def _answered(self) -> bool:
        """What is in the slot was told as refused, or is in force."""
        slot = self._slot
        return slot is not None and (slot.digest in self._told if slot.fault else self.in_force)

    @property
    def in_force(self) -> bool:
        """The station reports the last good document."""
        report = self._backend.station(self._station).config or {}
        good = self.good
        return good is not None and (report.get("version"), report.get("hash")) == (good.version, good.hash)

    # --- documents -----------------------------------------------------------------------

    def _again(self) -> None:
        """What was taken back, or never came to be looked at, as a version of its own."""
        good = self.good
        if good is None:
            self._desire(self._values(), {}, {})
        else:
            odd = {key: value for key, value in good.values if key in dict(good.refused)}
            right = {key: value for key, value in good.values if key not in odd}
            self._desire(right, odd, dict(good.refused))

    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = {"rules.holding_period_s": 200_000 + len(self.sent)}
        if self._rng.random() < 0.5:
            values["rules.receipt_after_deposit"] = self._rng.random() < 0.5
        if self._rng.random() < 0.3:
            values["station.phone"] = f"400-{len(self.sent):07d}"  # holds from the next start on
        return values

    def _desire(self, values: dict[str, Any], odd: dict[str, Any], refused: dict[str, str]) -> None:
        self._version += 1
        whole = values | odd
        body = self._backend.twin.document(self._station, whole, self._version, KEY)
        self.good = self._put(
            Desired(
                digest_of(body),
                self._version,
                body,
                json.loads(body)["data"]["hash"],
                tuple(whole.items()),
                tuple(refused.items()),
            )
        )

    def _bad(self) -> Desired:
        fault = self._rng.choice(FAULTS)
        reported = (self._backend.station(self._station).config or {}).get("version", 0)
        if fault == "old-version" and not reported:
            fault = "bad-signature"
        self._version += 1
        version = reported if fault == "old-version" else self._version
        place = "somewhere-else" if fault == "other-station" else self._station
        key = FOREIGN_KEY if fault == "bad-signature" else KEY
        body = self._backend.twin.document(place, self._values(), version, key)
        document = json.loads(body)
        if fault == "wrong-hash":
            document["data"]["hash"] = "sha256:" + "0" * 64
        elif fault == "bad-data":
            document["data"]["values"]["rules.extend_s"] = [1]
        if fault in ("wrong-hash", "bad-data"):
            body = json.dumps(document).encode()
        elif fault == "bad-envelope":
            body = body[:-9]
        return Desired(digest_of(body), version, body, fault=fault)

    def _put(self, desired: Desired) -> Desired:
        if desired not in self.sent:
            self.sent.append(desired)
        self._slot = desired
        self._backend.twin.put(self._station, CONFIG, desired.body)
        return desired


class JobClerk:
    """One job after another; `given` says how each is to end."""

    def __init__(self, station: str, backend: Backend, rng: random.Random) -> None:
        self._station = station
        self._backend = backend
        self._rng = rng
        self._ended: set[str] = set()
        self.given: dict[str, str] = {}
        backend.subscribe(self._hear)

    def _hear(self, kind: str, what: Any) -> None:
        if kind == "event" and what.type == "ph.audit.job-finished.v1":
            self._ended.add(what.data["job"])

    async def work(self, over: asyncio.Event) -> None:
        """Give one, wait for its end, and again, until it is `over`."""
        while not over.is_set():
            kind, parameters, end = self._rng.choice(WORK)
            twin = self._backend.twin
            id_ = twin.give_job(self._station, kind, parameters, step_timeout_s=120, key=KEY)
            self.given[id_] = end
            while not await until(lambda id_=id_: self._knows_the_end_of(id_), REPEAT_S):  # type: ignore[misc]
                twin.repeat(self._station, JOBS)
            await rest(over, self._rng.uniform(*PAUSE_S))

    def _knows_the_end_of(self, id_: str) -> bool:
        """By the journaled fact, and by word."""
        return id_ in self._ended and self.word_on(id_) in FINAL_STATES

    def word_on(self, id_: str) -> str:
        """What the station last said of a job."""
        return str((self._backend.twin.job(self._station, id_) or {}).get("state", ""))


def digest_of(body: bytes) -> str:
    """As facts name a document."""
    return f"sha256:{sha256(body).hexdigest()}"

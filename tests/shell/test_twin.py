"""The configuration twin: taken or refused, proven healthy or taken back; a crash at each step."""

from __future__ import annotations

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.events import InputRefused
from edge.core.inputs import ConfigChanged, InputRejected
from edge.core.model import Rules, Scalar
from edge.core.remote import in_force
from edge.shell.backoff import Backoff
from edge.shell.envelope import decode_event
from edge.shell.twin import (
    HEALTHY_S,
    PROBATION_MAX_S,
    PROBATION_S,
    STARTS_ON_PROBATION,
    TAKEN_BURST,
    TAKEN_PER_S,
    Standing,
    Twin,
    TwinDoors,
)
from edge.shell.twin_file import TwinFile, TwinRecord
from edge.shell.twin_keys import KEYS, defaults_of
from edge.shell.twin_messages import ConfigReport
from tests.shell.station_rig import IDENTITY, Rig, running, types, until
from tests.support.documents import desired, enveloped
from tests.support.virtual_time import run_virtual

BASE: dict[str, Scalar] = defaults_of(
    Rules(),
    {
        "link.heartbeat_s": 30.0,
        "mqtt.backoff_min_s": 1.0,
        "mqtt.backoff_max_s": 120.0,
        "station.name": "Station",
        "station.address": "1 Road",
        "station.phone": "400",
    },
)


class Crash(BaseException):
    """The process ends here."""


class Service:
    """A station with its twin, as one start of the service joins them."""

    def __init__(self, rig: Rig, folder: Path, keys: list[Ed25519PublicKey]) -> None:
        self.rig = rig
        self.standing = Standing(True, frozenset())
        self.live: dict[str, Scalar] = {}
        self.reports: list[ConfigReport] = []
        self.crash_before_fact = False
        self.crash_after_fact = False
        self.file = TwinFile(folder / "remote-config.json")
        self.twin = Twin(
            IDENTITY,
            rig.clock,
            self.file,
            rig.blocking,
            BASE,
            keys,
            TwinDoors(self._record, lambda: self.standing, self._live, self._changed, self._refused),
        )

    async def _record(self, change: ConfigChanged) -> bool:
        if self.crash_before_fact:
            raise Crash
        done = await self.rig.station.submit(change) is not None
        if self.crash_after_fact:
            raise Crash
        return done

    def _live(self, held: dict[str, Scalar]) -> None:
        self.live = held

    def _changed(self) -> None:
        self.reports.append(self.twin.report())

    def _refused(self, reason: str, detail: str, document: str) -> None:
        self.rig.station.post(InputRejected("config/desired", reason, detail, document))

    @property
    def state(self) -> str:
        """The report's word; a property of its own, so that no checker thinks it stands still."""
        return str(self.twin.report().state)

    @property
    def report(self) -> ConfigReport:
        return self.twin.report()

    @property
    def rules(self) -> Rules:
        return in_force(self.rig.station.setup, self.rig.station.state).rules

    def facts(self) -> list[str]:
        return [t for t in types(self.rig.journal.read(0, 10_000)) if t.startswith("audit.config")]

    @property
    def refused(self) -> list[str]:
        """As it was recorded, in this start and those before."""
        events = [decode_event(record.body)[1] for record in self.rig.journal.read(0, 10_000)]
        return [event.reason for event in events if isinstance(event, InputRefused)]

    async def take(self, payload: bytes) -> ConfigReport:
        """Offer and wait until it has been looked at."""
        seen = len(self.reports)
        self.twin.offer(payload)
        await until(lambda: len(self.reports) > seen, within_s=0.5)
        await asyncio.sleep(0.1)
        return self.report


@contextlib.asynccontextmanager
async def service(folder: Path, *, keys: list[Ed25519PublicKey] | None = None) -> AsyncIterator[Service]:
    """One start; left, it is as if killed."""
    async with running(folder / "journal.sqlite") as rig:
        made = Service(rig, folder, keys or [])
        made.twin.read()
        await made.twin.take_up(rig.station.state.config)
        task = asyncio.create_task(made.twin.run())
        try:
            yield made
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Crash):
                await task


def test_a_document_is_in_force_at_once_and_good_after_a_minute_of_health(tmp_path: Path) -> None:
    async def main() -> None:
        async with service(tmp_path) as one:
            assert one.state == "none" and one.report.values == BASE
            report = await one.take(desired(3, {"rules.lockout_s": 60, "link.heartbeat_s": 20}))
            assert (report.version, report.state) == (3, "probation")
            assert report.applied == ["link.heartbeat_s", "rules.lockout_s"] and report.refused == []
            assert one.rules.lockout_s == 60 and one.live["link.heartbeat_s"] == 20
            assert report.values["rules.lockout_s"] == 60
            await asyncio.sleep(HEALTHY_S + 3)
            assert one.state == "in-force"
            assert one.facts() == ["audit.config-applied", "audit.config-confirmed"]

    run_virtual(main)


def test_keys_that_cannot_be_set_are_named_with_reasons_and_the_rest_holds(tmp_path: Path) -> None:
    values = {
        "rules.lockout_s": 60,
        "rules.code_attempts": 1_000_000,
        "rules.max_extends": True,
        "rules.receipt_after_deposit": 1,
        "mqtt.host": "evil.example",
        "staff.pin_scrypt": "x",
        "rules.no_such": 1,
        "weather.wind": 1,
        "mqtt.backoff_min_s": 50,
        "mqtt.backoff_max_s": 40,
        "station.phone": "   ",
    }

    async def main() -> None:
        async with service(tmp_path) as one:
            report = await one.take(desired(1, values))
            assert report.applied == ["rules.lockout_s"]
            assert {each.key: each.reason for each in report.refused} == {
                "rules.code_attempts": "out-of-range",
                "rules.max_extends": "wrong-type",
                "rules.receipt_after_deposit": "wrong-type",
                "mqtt.host": "not-remote",
                "staff.pin_scrypt": "not-remote",
                "rules.no_such": "unknown-key",
                "weather.wind": "unknown-key",
                "mqtt.backoff_min_s": "conflict",
                "mqtt.backoff_max_s": "conflict",
                "station.phone": "out-of-range",
            }
            assert one.rules == msgspec.structs.replace(Rules(), lockout_s=60)

    run_virtual(main)


WRONG: dict[str, Callable[[], bytes]] = {
    "wrong-hash": lambda: desired(1, {"rules.lockout_s": 60}, hash="sha256:" + "0" * 64),
    "other-station": lambda: desired(1, {"rules.lockout_s": 60}, station="acme/other"),
    "bad-data": lambda: desired(0, {"rules.lockout_s": 60}),
    "too-large": lambda: desired(1, {f"rules.x{n}": n for n in range(101)}),
    "bad-envelope": lambda: enveloped("ph.jobs.next.v1", {}),
}


@pytest.mark.parametrize("reason", WRONG)
def test_a_document_that_is_wrong_as_a_whole_changes_nothing_and_is_told_once(
    tmp_path: Path, reason: str
) -> None:
    async def main() -> None:
        async with service(tmp_path) as one:
            await one.take(desired(1, {"rules.lockout_s": 90}))
            for _ in range(2):  # retained: with each connection again
                await one.take(WRONG[reason]())
            report = await one.take(WRONG[reason]())
            assert report.rejected == reason and one.refused == [f"config-{reason}"]
            assert (report.version, one.rules.lockout_s) == (1, 90)

    run_virtual(main)


def test_a_refused_document_is_told_once_over_restarts_and_whatever_comes_between(tmp_path: Path) -> None:
    """Its like is another one: two forged documents in a row are two refusals."""
    good, forged, another = (desired(n, {"rules.lockout_s": 60 + n}) for n in (1, 2, 3))
    forged, another = (each.replace(b"lockout_s", b"extend_s") for each in (forged, another))

    async def main() -> None:
        async with service(tmp_path) as one:
            for document in (good, forged, another, good, forged):
                await one.take(document)
            assert one.refused == ["config-wrong-hash"] * 2
        async with service(tmp_path) as one:
            report = await one.take(forged)
            assert report.rejected == "wrong-hash"
            await one.take(desired(4, {"rules.lockout_s": 90}))
            assert (await one.take(another)).rejected == "wrong-hash"
            assert one.refused == ["config-wrong-hash"] * 2

    run_virtual(main)


@pytest.mark.parametrize(
    "payload",
    [b"\xff\xfe", b"{", b"[" * 100_000, b"{}", b'"x"', b" " * 20_000, b'{"a":' * 5_000, b"\x00" * 100],
    ids=lambda each: repr(each)[:12],
)
def test_bytes_that_are_no_document_change_nothing(tmp_path: Path, payload: bytes) -> None:
    async def main() -> None:
        async with service(tmp_path) as one:
            report = await one.take(payload)
            assert report.rejected in ("bad-envelope", "too-large") and report.version == 0
            assert one.rules == Rules()

    run_virtual(main)


def test_where_a_key_is_configured_only_what_it_signed_is_taken(tmp_path: Path) -> None:
    old, new, foreign = (Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)) for n in (1, 2, 3))

    async def main() -> None:
        async with service(tmp_path, keys=[old.public_key(), new.public_key()]) as one:
            assert (await one.take(desired(1, {"rules.lockout_s": 60}))).rejected == "bad-signature"
            report = await one.take(desired(1, {"rules.lockout_s": 60}, key=foreign))
            assert report.rejected == "bad-signature" and one.rules == Rules()
            assert (await one.take(desired(1, {"rules.lockout_s": 60}, key=old))).version == 1
            assert (await one.take(desired(2, {"rules.lockout_s": 61}, key=new))).version == 2

    run_virtual(main)


def test_an_old_version_is_not_taken_again_and_the_same_document_is_no_news(tmp_path: Path) -> None:
    async def main() -> None:
        async with service(tmp_path) as one:
            await one.take(desired(5, {"rules.lockout_s": 60}))
            assert (await one.take(desired(4, {"rules.lockout_s": 99}))).rejected == "old-version"
            assert (await one.take(desired(5, {"rules.lockout_s": 99}))).rejected == "old-version"
            assert (await one.take(desired(5, {"rules.lockout_s": 60}))).rejected is None
            assert one.facts() == ["audit.config-applied"]

    run_virtual(main)


def test_a_station_toml_that_no_longer_goes_with_it_holds_for_both_of_a_pair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async with service(tmp_path) as one:
            await one.take(desired(1, {"mqtt.backoff_min_s": 60, "link.heartbeat_s": 7}))
        monkeypatch.setitem(BASE, "mqtt.backoff_max_s", 30.0)
        async with service(tmp_path) as one:
            Backoff(1, 2, lambda: 0.5).limit(
                float(one.live["mqtt.backoff_min_s"]), float(one.live["mqtt.backoff_max_s"])
            )
            assert (one.live["mqtt.backoff_min_s"], one.live["link.heartbeat_s"]) == (1.0, 7)

    run_virtual(main)


# --- probation ----------------------------------------------------------------------------------


async def good(one: Service, version: int, **rules: Any) -> None:
    """A configuration that has proven itself."""
    await one.take(desired(version, {f"rules.{name}": value for name, value in rules.items()}))
    await asyncio.sleep(HEALTHY_S + 3)
    assert one.state == "in-force"


@pytest.mark.parametrize(
    "ill", [Standing(False, frozenset()), Standing(True, frozenset({"board-a1"}))], ids=str
)
def test_without_health_the_last_good_one_comes_back_by_itself_and_says_why(
    tmp_path: Path, ill: Standing
) -> None:
    async def main() -> None:
        async with service(tmp_path) as one:
            await good(one, 1, lockout_s=60)
            await one.take(desired(2, {"rules.lockout_s": 61}))
            one.standing = ill
            await asyncio.sleep(PROBATION_S - 5)
            assert one.report.version == 2
            await asyncio.sleep(10)
            report = one.report
            assert (report.version, report.state, one.rules.lockout_s) == (1, "in-force", 60)
            assert report.reverted is not None
            assert (report.reverted.version, report.reverted.reason) == (2, "unhealthy")
            assert report.reverted.detail == ("no link" if not ill.online else "lost: board-a1")
            assert one.facts()[-1] == "audit.config-reverted"
            one.standing = Standing(True, frozenset())
            assert (await one.take(desired(2, {"rules.lockout_s": 61}))).rejected == "reverted"
            assert (await one.take(desired(3, {"rules.lockout_s": 61}))).version == 3

    run_virtual(main)


def test_a_device_that_was_lost_before_is_not_the_configurations_fault(tmp_path: Path) -> None:
    async def main() -> None:
        async with service(tmp_path) as one:
            one.standing = Standing(True, frozenset({"printer-label"}))
            await good(one, 1, lockout_s=60)

    run_virtual(main)


def test_health_that_comes_and_goes_is_not_health_for_ever(tmp_path: Path) -> None:
    async def main() -> None:
        async with service(tmp_path) as one:
            await one.take(desired(1, {"rules.lockout_s": 60}))
            for _ in range(int(PROBATION_MAX_S / 50) + 1):
                one.standing = Standing(True, frozenset())
                await asyncio.sleep(40)
                one.standing = Standing(False, frozenset())
                await asyncio.sleep(10)
            assert one.report.version == 0 and one.report.reverted is not None

    run_virtual(main)


def test_starts_on_probation_are_counted_and_one_too_many_brings_the_last_good_one_back(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with service(tmp_path) as one:
            await good(one, 1, lockout_s=60)
            await one.take(desired(2, {"rules.lockout_s": 61}))
        for _ in range(STARTS_ON_PROBATION):
            async with service(tmp_path) as one:
                assert one.report.version == 2 and one.rules.lockout_s == 61
                await asyncio.sleep(HEALTHY_S / 2)
        async with service(tmp_path) as one:
            assert (one.report.version, one.rules.lockout_s) == (1, 60)
            assert one.report.reverted is not None and one.report.reverted.reason == "crashed"
            assert one.facts()[-1] == "audit.config-reverted"
        async with service(tmp_path) as one:
            assert one.report.version == 1 and one.facts().count("audit.config-reverted") == 1

    run_virtual(main)


def test_starts_after_the_proof_are_nobodys_fault(tmp_path: Path) -> None:
    async def main() -> None:
        async with service(tmp_path) as one:
            await good(one, 1, lockout_s=60)
        for _ in range(STARTS_ON_PROBATION + 3):
            async with service(tmp_path) as one:
                assert one.report.version == 1 and one.rules.lockout_s == 60

    run_virtual(main)


def test_a_newer_document_takes_the_place_of_one_on_probation_and_not_of_the_last_good_one(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with service(tmp_path) as one:
            await good(one, 1, lockout_s=60)
            await one.take(desired(2, {"rules.lockout_s": 61}))
            await one.take(desired(3, {"rules.lockout_s": 62}))
            one.standing = Standing(False, frozenset())
            await asyncio.sleep(PROBATION_S + 5)
            assert (one.report.version, one.rules.lockout_s) == (1, 60)

    run_virtual(main)


def test_keys_that_need_a_restart_wait_for_it_and_their_proof_begins_then(tmp_path: Path) -> None:
    async def main() -> None:
        async with service(tmp_path) as one:
            report = await one.take(desired(1, {"station.phone": "95588", "rules.lockout_s": 60}))
            assert report.pending_restart == ["station.phone"]
            assert report.values["station.phone"] == "400" and one.rules.lockout_s == 60
            await asyncio.sleep(2 * PROBATION_MAX_S)
            assert one.state == "probation"
        async with service(tmp_path) as one:
            assert one.report.pending_restart == [] and one.report.values["station.phone"] == "95588"
            assert one.state == "probation"
            await asyncio.sleep(HEALTHY_S + 3)
            assert one.state == "in-force"

    run_virtual(main)


# --- crashes -----------------------------------------------------------------------------------


class TornFile(TwinFile):
    """Ends the process before or after the file is replaced."""

    after = False

    def save(self, record: TwinRecord) -> None:
        if self.after:
            super().save(record)
        raise Crash


@pytest.mark.parametrize("where", ["before file", "after file", "before fact", "after fact"])
@pytest.mark.parametrize("change", ["apply", "confirm", "revert"])
def test_a_crash_at_each_step_leaves_the_old_rules_or_the_new_ones_and_file_and_facts_agree(
    tmp_path: Path, change: str, where: str
) -> None:
    async def main() -> None:
        async with service(tmp_path) as one:
            await good(one, 1, lockout_s=60, max_extends=2)
            document = desired(2, {"rules.lockout_s": 61, "rules.max_extends": 4})
            if change != "apply":
                await one.take(document)
            torn = TornFile(one.file.path)
            torn.after = where == "after file"
            if where.endswith("file"):
                one.twin._file = torn
            one.crash_before_fact = where == "before fact"
            one.crash_after_fact = where == "after fact"
            if change == "apply":
                one.twin.offer(document)
            elif change == "revert":
                one.standing = Standing(False, frozenset())
            await asyncio.sleep(PROBATION_S + 5 if change == "revert" else HEALTHY_S + 5)
        async with service(tmp_path) as one:
            rules = (one.rules.lockout_s, one.rules.max_extends)
            assert rules in ((60, 2), (61, 4))
            config = one.rig.station.state.config
            assert (config.version, config.hash) == (one.report.version, one.report.hash)
            assert config.probation == (one.state == "probation")
            assert rules == ((60, 2) if config.version == 1 else (61, 4))
            if where != "before file":
                assert config.version == (1 if change == "revert" else 2)

    run_virtual(main)


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff" * 50, None], ids=lambda each: repr(each)[:8])
def test_a_lost_or_damaged_file_is_station_toml_until_the_document_comes_again(
    tmp_path: Path, damage: bytes | None
) -> None:
    async def main() -> None:
        document = desired(7, {"rules.lockout_s": 60})
        async with service(tmp_path) as one:
            await one.take(document)
            await asyncio.sleep(HEALTHY_S + 3)
        path = tmp_path / "remote-config.json"
        if damage is None:
            path.unlink()
        else:
            path.write_bytes(damage)
        async with service(tmp_path) as one:
            assert one.rules == Rules() and one.report.version == 0
            assert one.facts()[-1] == "audit.config-reverted"
            assert (await one.take(desired(6, {"rules.lockout_s": 99}))).rejected == "old-version"
            assert (await one.take(document)).version == 7

    run_virtual(main)


def test_one_flipped_bit_of_the_file_is_noticed(tmp_path: Path) -> None:
    file = TwinFile(tmp_path / "f.json")
    file.save(TwinRecord(highest=3))
    body = bytearray(file.path.read_bytes())
    at = body.index(b'"highest":3') + len('"highest":')
    body[at] ^= 1
    file.path.write_bytes(bytes(body))

    assert file.load() is None


def test_a_full_disk_changes_nothing_until_it_has_room(tmp_path: Path) -> None:
    async def main() -> None:
        async with service(tmp_path) as one:
            path, one.file.path = one.file.path, tmp_path / "no-such-folder" / "f.json"
            one.twin.offer(desired(1, {"rules.lockout_s": 60}))
            await asyncio.sleep(30)
            assert one.rules == Rules() and one.facts() == []
            one.file.path = path
            await asyncio.sleep(30)
            assert one.rules.lockout_s == 60

    run_virtual(main)


def test_a_flood_of_documents_costs_little_and_does_not_keep_the_station_from_reverting(
    tmp_path: Path,
) -> None:
    async def main() -> None:
        async with service(tmp_path) as one:
            one.standing = Standing(False, frozenset())
            for version in range(1, 2_001):
                one.twin.offer(desired(version, {"rules.lockout_s": 60}))
                await asyncio.sleep(0.1)
            assert one.facts().count("audit.config-applied") <= TAKEN_BURST + 200 * TAKEN_PER_S + 1
            for _ in range(20 * int(PROBATION_S)):
                one.twin.offer(b"{")
                await asyncio.sleep(0.06)
            assert one.facts()[-1] == "audit.config-reverted" and one.report.version == 0

    run_virtual(main)


# --- any document --------------------------------------------------------------------------------

SCALARS = st.one_of(
    st.booleans(), st.integers(-(10**7), 10**7), st.text(st.characters(codec="ascii"), max_size=9)
)
DOCUMENTS = st.dictionaries(st.sampled_from([*KEYS, "mqtt.host", "a.b"]), SCALARS, max_size=8)


@given(DOCUMENTS, st.sampled_from(["", "hash", "station", "truncated"]), st.booleans())
@settings(max_examples=25, deadline=None)
def test_any_document_leaves_the_old_rules_or_all_of_its_valid_ones(
    values: dict[str, Any], spoil: str, crash: bool
) -> None:
    async def main(folder: Path) -> None:
        async with service(folder) as one:
            await one.take(desired(1, {"rules.lockout_s": 60, "rules.max_extends": 2}))
            old = one.rules
            wrong: dict[str, Any] = {"hash": "sha256:" + "1" * 64} if spoil == "hash" else {}
            document = desired(2, values, **wrong)
            document = document if spoil != "station" else document.replace(b"demo-01", b"demo-02")
            one.crash_before_fact = crash
            one.twin.offer(document[:-20] if spoil == "truncated" else document)
            await asyncio.sleep(1)
        async with service(folder) as one:
            kept = {k: v for k, v in values.items() if k not in {r.key for r in one.report.refused}}
            rules = {k.removeprefix("rules."): v for k, v in kept.items() if k.startswith("rules.")}
            assert one.rules == (msgspec.structs.replace(Rules(), **rules) if not spoil else old)
            assert json.loads(msgspec.json.encode(one.report))["version"] == (1 if spoil else 2)

    with tempfile.TemporaryDirectory() as folder:
        run_virtual(lambda: main(Path(folder)))


def test_every_key_of_the_table_takes_its_default_and_has_a_place() -> None:
    for key, row in KEYS.items():
        assert row.objection(BASE[key]) is None, key
        assert key.startswith(("rules.", "link.", "mqtt.", "station."))

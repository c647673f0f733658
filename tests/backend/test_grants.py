"""The miniature backend tells stations of spent and revoked grants, and what they ask for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from edge.core.inputs import GrantPresented, Scan
from edge.shell.envelope import StationIdentity
from edge.shell.grant_text import GrantReader
from simulators import cli
from simulators.backend_grant_desk import GrantDesk
from simulators.backend_grants import GrantBook, Order, digest_of, issuer_from_hex
from simulators.broker import Broker
from tests.backend.conftest import Backends
from tests.backend.scripted_station import ScriptedStation, fact, until

LATE = 2**50
KEY = "7-0000000001"


def used(sequence: int, key: str = KEY, **changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "grant": key,
        "right": "pickup",
        "single_use": True,
        "expires_at_ms": LATE,
        "session": "s-1",
        "compartment": "a05",
        "device": "window",
        "clock": "synced",
    }
    return fact(sequence, "ph.security.grant-used.v1", **(data | changes))


def status(asks: str | None) -> bytes:
    none = digest_of({}, 0)[1]
    event = fact(1, "ph.state.grants.v1", at_ms=0, epoch=0, revoked_count=0, revoked_hash=none)
    event["data"] |= {"spent_count": 0, "spent_hash": none, "trusted": not asks, "asks": asks, "issuers": [7]}
    del event["sequence"]
    return json.dumps(event).encode()


def heard(station: ScriptedStation, kind: str) -> list[dict[str, Any]]:
    return [c["data"] for c in station.commands if c["type"] == f"ph.grants.{kind}.v1"]


async def test_what_was_spent_is_told_to_a_station_that_asks(broker: Broker, backends: Backends) -> None:
    backend = await backends.start()
    with ScriptedStation(broker.host, broker.port) as station:
        station.publish(used(1))
        station.publish(used(2, "7-0000000002", single_use=False))
        await until(lambda: backend.last_sequence("demo-01") == 2)
        backend.grants.revoke("demo-01", {"7-0000000003": LATE}, epoch=2)
        await until(lambda: bool(heard(station, "delta")))
        station.send("state/grants", status("ask-1"), retain=True)
        await until(lambda: len(heard(station, "delta")) == 2)

        assert heard(station, "delta") == [
            {"epoch": 2, "revoked": {"7-0000000003": LATE}, "spent": {}},
            {
                "epoch": 2,
                "revoked": {"7-0000000003": LATE},
                "spent": {KEY: LATE},
                "part": 1,
                "parts": 1,
                "answers": "ask-1",
            },
        ]
        backend.grants.compare("demo-01")
        await until(lambda: bool(heard(station, "digest")))
        told = heard(station, "digest")[-1]
        assert (told["spent_count"], told["spent_hash"]) == digest_of({KEY: LATE}, 0)
    await backend.stop()

    again = await backends.start()
    book = again.grants.book("demo-01")
    assert book.spent == {KEY: LATE}, "the store is the memory"


def test_a_long_answer_comes_in_numbered_parts() -> None:
    book = GrantBook()
    book.revoke({f"7-{n:010x}": LATE for n in range(1_201)}, 4)
    parts = book.answer("a")

    assert [(p["part"], p["parts"], len(p["revoked"])) for p in parts] == [
        (1, 3, 500),
        (2, 3, 500),
        (3, 3, 201),
    ]
    assert all(p["answers"] == "a" and p["epoch"] == 4 for p in parts)


def test_facts_with_nonsense_in_them_teach_nothing() -> None:
    book = GrantBook()
    book.note("ph.security.grant-used.v1", {"single_use": True, "grant": None, "expires_at_ms": "x"})
    book.note("ph.security.grants-learned.v1", {"spent": [1], "revoked": {"x": 1}, "epoch": "9"})

    assert (book.spent, book.revoked, book.epoch) == ({}, {}, 0)


def test_a_grant_of_the_desk_is_one_the_station_takes() -> None:
    desk = GrantDesk("acme", lambda topic, body: True)
    issuer = issuer_from_hex(3, "ab" * 32)
    name, digits = desk.issue(issuer, "demo-01", Order("pickup", "P-1", 1_790_000_000, 1_790_003_600))
    reader = GrantReader(StationIdentity("acme", "demo-01"), {3: bytes.fromhex(issuer.public_hex)})
    item = reader.read(Scan("window", digits))

    assert isinstance(item, GrantPresented) and item.grant is not None and item.grant.key == name


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"not_before_s": 0}, "between 2025"),
        ({"expires_s": 1_790_000_000 + 46 * 86_400}, "45 days"),
        ({"expires_s": 1_790_000_000 - 60}, "1 minute"),
        ({"epoch": 65_536}, "epoch"),
    ],
)
def test_what_the_bytes_cannot_hold_is_not_signed(changes: dict[str, Any], words: str) -> None:
    fields: dict[str, Any] = {
        "right": "pickup",
        "subject": "P-1",
        "not_before_s": 1_790_000_000,
        "expires_s": 1_790_003_600,
    }
    with pytest.raises(ValueError, match=words):
        issuer_from_hex(3, "ab" * 32).sign("acme", "demo-01", 1, Order(**(fields | changes)))


# --- the command ----------------------------------------------------------------------


def test_the_command_signs_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, png = tmp_path / "deep" / "issuer.key", tmp_path / "grant.png"
    words = ["grant", "--station", "acme/demo-01", "--key", str(key), "--issuer", "9", "--parcel", "P-1"]
    assert cli.main([*words, "--png", str(png), "--delegate", "Li Wei"]) == 0
    shown = capsys.readouterr().out
    text = shown.splitlines()[-1]

    assert key.stat().st_mode & 0o077 == 0
    assert text.endswith("/Li Wei") and "[[issuer]]\nid = 9\n" in shown
    read = zxingcpp.read_barcode(Image.open(png))
    assert read is not None and read.text == text
    public = bytes.fromhex(issuer_from_hex(9, key.read_text()).public_hex)
    item = GrantReader(StationIdentity("acme", "demo-01"), {9: public}).read(Scan("window", text))
    assert isinstance(item, GrantPresented) and item.grant is not None and item.delegate == "L* W**"

    assert cli.main([*words, "--quiet", "--id", "5", "--from", "2026-01-01T00:00:00Z"]) == 0
    assert cli.main([*words, "--quiet", "--id", "5", "--from", "2026-01-01T00:00:00Z"]) == 0
    first, second = capsys.readouterr().out.split()
    assert first == second and len(first) == 210


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--parcel", "P-1", "--right", "service"], "service needs --compartment"),
        (["--compartment", "a01"], "pickup needs --parcel"),
        (["--parcel", "P-1", "--hours", "2000"], "45 days"),
        (["--parcel", "P-1", "--issuer", "0"], "1 to 255"),
        (["--parcel", "P-1", "--from", "2026-01-01T00:00:00"], "offset"),
    ],
)
def test_what_the_command_cannot_sign_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert cli.main(["grant", "--station", "acme/demo-01", "--key", str(tmp_path / "k"), *words]) == 1
    assert said in capsys.readouterr().err

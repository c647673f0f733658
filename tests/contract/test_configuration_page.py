"""docs/contract/configuration.md and jobs.md against the code and against another reading of them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.contract.examples import example_message
from edge.core.jobs import KINDS
from edge.shell.envelope import StationIdentity
from edge.shell.jobs import PARAMETERS
from edge.shell.twin_document import DocumentError, desired_from, job_from
from edge.shell.twin_keys import KEYS, checked
from simulators.backend_twin import TwinDesk, canonical_form
from tests.shell.test_twin import BASE

DOCS = Path(__file__).parents[2] / "docs/contract"
PAGE = (DOCS / "configuration.md").read_text(encoding="utf-8")
KEY = Ed25519PrivateKey.from_private_bytes(bytes([3]) * 32)
STATION = StationIdentity("acme", "shanghai-0042")


def signed_bytes() -> bytes:
    found = re.search(r"```\n(ph-config/1\n.*?)\n```", PAGE, re.DOTALL)
    assert found is not None
    return found[1].encode()


def test_every_key_of_the_table_is_on_the_page_as_it_is_in_the_code() -> None:
    rows = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| (\w+) \| (.+?) \| (.+?) \|$", PAGE, re.M)

    expected = []
    for key, row in KEYS.items():
        reach = f"{row.low:g} to {row.high:g}{' characters' if row.kind == 'text' else ''}"
        reach = "true, false" if row.kind == "flag" else reach
        expected.append((key, row.kind, reach, "at once" if row.live else "next start"))
    assert rows == expected


def test_the_worked_example_is_right() -> None:
    form = signed_bytes()
    digest = hashlib.sha256(form).hexdigest()
    public = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    assert len(form) == 191 and f"`sha256:{digest}`" in PAGE
    assert f"`{base64.b64encode(KEY.sign(form)).decode()}`" in PAGE
    assert f'"{base64.b64encode(public).decode()}"' in PAGE


def test_the_station_takes_the_worked_example_as_the_page_says() -> None:
    signed = json.loads(signed_bytes().partition(b"\n")[2])
    event = example_message("ph.config.desired.v1")
    event["data"] |= signed | {
        "hash": f"sha256:{hashlib.sha256(signed_bytes()).hexdigest()}",
        "signature": base64.b64encode(KEY.sign(signed_bytes())).decode(),
    }
    document = desired_from(json.dumps(event).encode(), STATION, [KEY.public_key()])
    values, refused = checked(document.values, BASE)

    assert [(each.key, each.reason) for each in refused] == [("mqtt.host", "not-remote")]
    assert set(values) == set(signed["values"]) - {"mqtt.host"}
    assert event == example_message("ph.config.desired.v1"), "the example of the contract is this one"


def test_the_backend_of_the_simulators_writes_what_the_station_takes() -> None:
    sent: list[tuple[str, bytes]] = []

    def publish(topic: str, body: bytes) -> bool:
        sent.append((topic, body))
        return True

    desk = TwinDesk("acme", publish)
    values = {"rules.holding_period_s": 7200.5, "station.name": '鸽巢 "1"', "rules.waybill_on_recall": True}
    version = desk.configure("shanghai-0042", values, key=KEY)
    ((topic, body),) = sent
    keys: list[Ed25519PublicKey] = [KEY.public_key()]

    assert topic == "ph/1/acme/shanghai-0042/config/desired"
    assert desired_from(body, STATION, keys).values == values
    assert desk.configure("shanghai-0042", {}) > version


def test_the_station_takes_a_job_that_the_backend_of_the_simulators_signed() -> None:
    sent: list[bytes] = []

    def publish(topic: str, body: bytes) -> bool:
        sent.append(body)
        return True

    id_ = TwinDesk("acme", publish).give_job(
        "shanghai-0042",
        "deadline-shift",
        {"shift_s": 60, "carrier": "顺丰"},
        step_timeout_s=0.5 * 60,
        key=KEY,
    )

    document = job_from(sent[0], STATION, [KEY.public_key()])
    assert (document.job.id, document.job.parameters["carrier"]) == (id_, "顺丰")
    with pytest.raises(DocumentError, match="no configured key"):
        job_from(sent[0].replace(b'"shift_s": 60', b'"shift_s": 61'), STATION, [KEY.public_key()])


def test_a_late_status_does_not_undo_an_end() -> None:
    desk = TwinDesk("acme", lambda topic, body: True)
    for state in ("running", "succeeded", "running"):
        desk.note_status("s", {"job": "j1", "state": state})

    job = desk.job("s", "j1")
    assert job is not None and job["state"] == "succeeded" and desk.job("s", "other") is None


@pytest.mark.parametrize("value", [1e-9, 1e300, float("nan")])
def test_the_backend_of_the_simulators_sends_no_number_it_cannot_write(value: float) -> None:
    with pytest.raises(ValueError, match="no number"):
        canonical_form({"n": value})


def test_every_kind_of_job_is_on_its_page_with_its_parameters() -> None:
    page = (DOCS / "jobs.md").read_text(encoding="utf-8")

    assert set(PARAMETERS) == set(KINDS)
    for kind, form in PARAMETERS.items():
        section = page.partition(f"\n## `{kind}`\n")[2].partition("\n## ")[0]
        for parameter in form.__struct_fields__:
            assert f"`{parameter}`" in section, (kind, parameter)

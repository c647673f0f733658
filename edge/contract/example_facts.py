"""One example of every fact: a day at a station, as its journal would tell it."""

from __future__ import annotations

from typing import Final

from edge.core import events as ev
from edge.core.model import Authorisation, DoorState, ErrorCode, Notice, Purpose, SessionKind, Size, Stage

__all__ = ["FACTS"]

PARCEL: Final = "P-2041"
CODE: Final = "SF1432567890123"
VISIT: Final = "019ab3c2-6f00-7a10-8000-00000000a001"
ROUND: Final = "019ab3c2-6f00-7a10-8000-00000000a002"
UNLOCK: Final = "019ab3c2-6f00-7a10-8000-00000000b001"
COMMAND: Final = "019ab3c2-6f00-7a10-8000-00000000c001"
JOB: Final = "019ab3c2-6f00-7a10-8000-00000000d001"
EXPIRES_MS: Final = 1_790_000_000_000

_PARCELS: Final[tuple[ev.EventBase, ...]] = (
    ev.ParcelExpected(
        parcel=PARCEL,
        tracking_code=CODE,
        carrier="sf",
        recipient_key="5b1f0c9e7a64d2f8",
        recipient_masked="张*",
        phone_masked="138****5678",
        size=Size.M,
        consent=True,
        command=COMMAND,
    ),
    ev.ParcelPlaced(parcel=PARCEL, compartment="b07", session=ROUND),
    ev.ParcelReleased(parcel=PARCEL, compartment="b07", session=ROUND, reason="taken-back"),
    ev.ParcelDeposited(
        parcel=PARCEL,
        tracking_code=CODE,
        compartment="b07",
        compartment_number="B07",
        session=ROUND,
        courier="1042",
        carrier="sf",
        code_nonce=1,
        expires_at_ms=EXPIRES_MS,
        assurance="confirmed",
    ),
    ev.ParcelPickedUp(parcel=PARCEL, tracking_code=CODE, compartment="b07", session=VISIT),
    ev.ParcelRefused(parcel=PARCEL, compartment="b07", session=VISIT, reason="put-back"),
    ev.ParcelRejected(
        session=ROUND,
        scan=CODE,
        error=ErrorCode.PARCEL_TOO_BIG,
        reason="no compartment is big enough",
        parcel=PARCEL,
    ),
    ev.ParcelExpired(parcel=PARCEL, compartment="b07"),
    ev.ParcelRecalled(parcel=PARCEL, tracking_code=CODE, compartment="b07", session=ROUND, courier="1042"),
    ev.ParcelMissing(parcel=PARCEL, compartment="b07", session=ROUND),
    ev.ParcelToCheck(parcel=PARCEL, compartment="b07", reason="remote-open"),
)

_DOORS: Final[tuple[ev.EventBase, ...]] = (
    ev.UnlockRequested(
        unlock=UNLOCK,
        compartment="b07",
        purpose=Purpose.PICKUP,
        authorisation=Authorisation("pickup_code", PARCEL),
        session=VISIT,
    ),
    ev.UnlockActuated(unlock=UNLOCK, compartment="b07"),
    ev.UnlockFailed(unlock=UNLOCK, compartment="b07", error=ErrorCode.OPEN_NOT_DETECTED),
    ev.UnlockUnknown(unlock=UNLOCK, compartment="b07", reason="restart"),
    ev.DoorChanged(compartment="b07", door=DoorState.OPEN, unlock=UNLOCK),
    ev.DoorForced(compartment="b07"),
    ev.DoorLeftOpen(compartment="b07", session=VISIT),
    ev.CompartmentService(compartment="b07", in_service=False, reason="the hinge is bent"),
)

_PEOPLE: Final[tuple[ev.EventBase, ...]] = (
    ev.SessionStarted(session=VISIT, kind=SessionKind.PICKUP, stage=Stage.PICKUP_CODE, seconds=60.0),
    ev.SessionAdvanced(
        session=ROUND,
        stage=Stage.DOOR_OPEN,
        seconds=120.0,
        purpose=Purpose.DEPOSIT,
        parcel=PARCEL,
        compartment="b07",
        staff_id="1042",
        unlocks=1,
        was_open=True,
        done=6,
    ),
    ev.SignedIn(session=ROUND, staff_id="1042", role="courier"),
    ev.SessionEnded(session=VISIT, reason="done", notice=Notice("GOODBYE")),
    ev.CodeRejected(session=VISIT, reason="wrong", parcels=[PARCEL]),
    ev.SignInFailed(session=ROUND, staff_id="1042"),
    ev.LockedOut(counter=f"parcel/{PARCEL}", until_ms=EXPIRES_MS),
)

_STATION: Final[tuple[ev.EventBase, ...]] = (
    ev.ScanRefused(device="scan-1", reason="too-long", length=9_000),
    ev.PrintRequested(
        job=JOB,
        document="receipt",
        parcel=PARCEL,
        session=ROUND,
        reprint_of="019ab3c2-6f00-7a10-8000-00000000d000",
        reprint_reason="unknown",
    ),
    ev.PrintFinished(
        job=JOB,
        result="failed",
        error=ErrorCode.PRINTER_OUT_OF_PAPER,
        detail="no paper before the first line",
    ),
    ev.StationStarted(boot=12, version="0.1.0", doors={"b07": DoorState.CLOSED, "b08": DoorState.UNKNOWN}),
    ev.DeviceLost(device="lock-1", detail="/dev/ttyUSB0: no answer to three reads"),
    ev.DeviceBack(device="lock-1"),
    ev.CertificateExpiring(certificate="station", expires_at_ms=EXPIRES_MS, days_left=13),
    ev.RecordsShed(total=5_120, last=80_400, used_mb=2_001, free_mb=5_300),
    ev.JournalPruned(last=71_000, hash="2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"),
    ev.InputRefused(source="cmd/open", reason="retained", detail="commands must not be retained"),
    ev.CommandReceived(
        command=COMMAND,
        verb="open",
        reply_to="ph/1/acme/shanghai-0042/rsp/desk-3",
        correlation_id="case-7781",
        operator="li.na",
        reason="the recipient calls: the door did not spring open",
        compartment="b07",
    ),
    ev.CommandResult(
        command=COMMAND,
        verb="open",
        result="succeeded",
        reply_to="ph/1/acme/shanghai-0042/rsp/desk-3",
        correlation_id="case-7781",
    ),
)

FACTS: Final[tuple[ev.EventBase, ...]] = (*_PARCELS, *_DOORS, *_PEOPLE, *_STATION)
"""Their order is this page's; the schema's name is the type of each."""

"""One example of every message that is no fact: state, telemetry, commands, replies."""

from __future__ import annotations

from typing import Final

import msgspec

from edge.contract.example_facts import CODE, COMMAND, PARCEL
from edge.contract.example_grants import EXAMPLES as EXAMPLES_OF_GRANTS
from edge.contract.example_twin import EXAMPLES as EXAMPLES_OF_THE_TWIN
from edge.contract.example_verbs import EXAMPLES
from edge.core import orders
from edge.core.model import DoorState, Size
from edge.shell import messages as ms

__all__ = ["MESSAGES"]

BOOT: Final = "5e0c3f6a-7b1d-4c1e-9a54-0c5a7e8f2d11"

MESSAGES: Final[dict[str, msgspec.Struct]] = {
    "ph.state.presence.v1": ms.Presence(state="ready", session=12, connection=3, boot_id=BOOT),
    "ph.state.birth.v1": ms.Birth(
        contract=ms.CONTRACT_VERSION,
        software="0.1.0",
        session=12,
        boot_id=BOOT,
        layout=[ms.CompartmentFact("b07", "B07", "B", Size.M, 920)],
        symbologies=["QRCode", "Code128"],
        labels=["receipt", "waybill"],
    ),
    "ph.state.compartments.v1": ms.Compartments(
        rev=4_711,
        compartments=[ms.CompartmentStatus("b07", DoorState.CLOSED, PARCEL, True, None, False)],
    ),
    "ph.tel.heartbeat.v1": ms.Heartbeat(
        session=12,
        connection=3,
        boot_id=BOOT,
        uptime_s=86_400,
        head=4_711,
        acknowledged=4_709,
        backlog=2,
        rewinds=0,
        replies_waiting=0,
        replies_dropped=0,
        refused={"bad-envelope": 1},
        clock_state="synced",
    ),
    "ph.rsp.v1": ms.ReplyData(command=COMMAND, verb="open", result="succeeded", error=None, detail=None),
    "ph.health.shed.v1": ms.Shed(
        type="ph.session.advanced.v1", hash="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    ),
    "ack": ms.Ack(sequence=4_711, id="019ab3c2-6f00-7a10-8000-000000000001"),
    "ph.cmd.open.v1": orders.Open(
        compartment="b07", operator="li.na", reason="the recipient calls: the door did not spring open"
    ),
    "ph.cmd.expect.v1": ms.Expect(
        parcel_id=PARCEL,
        tracking_code=CODE,
        carrier="sf",
        recipient="张伟",
        phone="13812345678",
        recipient_id="C-20931",
        size=Size.M,
        consent=True,
    ),
    "ph.cmd.set-service.v1": orders.SetService(
        compartment="b07", in_service=False, operator="li.na", reason="the hinge is bent"
    ),
    **EXAMPLES,
    **EXAMPLES_OF_THE_TWIN,
    **EXAMPLES_OF_GRANTS,
}
"""By schema name."""

"""The answer to `diagnose`: state and link in a few numbers, whatever the station has been through."""

from __future__ import annotations

from typing import Final

from edge.core.model import CompartmentState, DoorState, ParcelState, Setup, State
from edge.shell.messages import Health, Heartbeat, LostDevice

__all__ = ["MAX_DEVICES", "MAX_REASONS", "health_of"]

MAX_DEVICES: Final = 32
"""Lost devices named: more than a large cabinet has boards, and the report stays below 8 KiB."""

MAX_REASONS: Final = 32
"""Reasons of refusals counted: there are some twenty in the code."""

DETAIL_MAX: Final = 120
"""Characters of a device's last error."""


def health_of(setup: Setup, state: State, numbers: Heartbeat, software: str) -> Health:
    """`numbers` are the link's of now; nothing is asked of any device."""
    compartments = [state.compartments.get(c, CompartmentState()) for c in setup.layout.compartments]
    parcels = list(state.parcels.values())
    lost = sorted(state.lost_devices.items())[:MAX_DEVICES]
    return Health(
        software=software,
        uptime_s=numbers.uptime_s,
        boots=state.boots,
        clock_state=numbers.clock_state,
        devices_lost=[LostDevice(device, detail[:DETAIL_MAX]) for device, detail in lost],
        compartments=len(compartments),
        out_of_service=sum(not c.in_service for c in compartments),
        doors_open=sum(c.door is DoorState.OPEN for c in compartments),
        doors_unknown=sum(c.door is DoorState.UNKNOWN for c in compartments),
        held=sum(c.held is not None for c in compartments),
        reserved=sum(c.reserved_for is not None for c in compartments),
        parcels_inside=sum(p.state.inside for p in parcels),
        parcels_to_collect=sum(p.state in (ParcelState.EXPIRED, ParcelState.REFUSED) for p in parcels),
        parcels_to_check=sum(p.to_check for p in parcels),
        session=state.session is not None,
        unlocking=state.unlock.compartment if state.unlock is not None else None,
        head=numbers.head,
        acknowledged=numbers.acknowledged,
        connection=numbers.connection,
        replies_waiting=numbers.replies_waiting,
        replies_dropped=numbers.replies_dropped,
        refused=dict(sorted(numbers.refused.items())[:MAX_REASONS]),
    )

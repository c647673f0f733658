"""Facts about scans, prints and the health of the station and its devices."""

from __future__ import annotations

from typing import ClassVar

from edge.core.event_base import EventBase
from edge.core.model import DoorState, ErrorCode

__all__ = [
    "CertificateExpiring",
    "DeviceBack",
    "DeviceLost",
    "PrintFinished",
    "PrintRequested",
    "RecordsShed",
    "ScanRefused",
    "StationStarted",
]


class ScanRefused(EventBase, frozen=True, tag="ph.scan.refused.v1"):
    """A scan that cannot be used: over-long or not text.  Only the length of the content is kept."""

    telemetry: ClassVar[bool] = True
    device: str
    reason: str
    length: int


class PrintRequested(EventBase, frozen=True, tag="ph.print.requested.v1"):
    """Intent: on disk before the first byte leaves.  `document` is receipt or waybill.

    A document that was sent before names that job in `reprint_of`, and why it is printed again in
    `reprint_reason`: `failed` or `unknown`, as that job ended, or `asked-again` where it was printed.
    """

    telemetry: ClassVar[bool] = True
    job: str
    document: str
    parcel: str
    session: str | None = None
    reprint_of: str | None = None
    reprint_reason: str | None = None
    command: str | None = None


class PrintFinished(EventBase, frozen=True, tag="ph.print.finished.v1"):
    """`result` is printed, failed or unknown; an unknown job is not repeated by itself."""

    telemetry: ClassVar[bool] = True
    job: str
    result: str
    error: ErrorCode | None = None
    detail: str = ""


class StationStarted(EventBase, frozen=True, tag="ph.health.started.v1"):
    """The service started; `boot` counts the starts of this journal from 1, `doors` is the feedback read."""

    telemetry: ClassVar[bool] = True
    boot: int
    version: str
    doors: dict[str, DoorState]


class DeviceLost(EventBase, frozen=True, tag="ph.health.device-lost.v1"):
    """A device stopped answering; `detail` names the port and the last error."""

    telemetry: ClassVar[bool] = True
    device: str
    detail: str


class DeviceBack(EventBase, frozen=True, tag="ph.health.device-back.v1"):
    """A lost device answers again."""

    telemetry: ClassVar[bool] = True
    device: str


class RecordsShed(EventBase, frozen=True, tag="ph.health.records-shed.v1"):
    """The disk was at its bound: `total` records of telemetry, up to `last`, lost their content so far.

    Their place in the sequence, their id and their hash are kept; `used_mb` and `free_mb` are the journal's
    size and what the file system had left.
    """

    total: int
    last: int
    used_mb: int
    free_mb: int


class CertificateExpiring(EventBase, frozen=True, tag="ph.health.certificate-expiring.v1"):
    """A certificate of the link must be renewed: `station` or `authority`; below zero days it has expired."""

    certificate: str
    expires_at_ms: int
    days_left: int

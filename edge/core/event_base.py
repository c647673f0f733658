"""What all facts have in common: type, topic, subject, correlation, classification."""

from __future__ import annotations

from typing import ClassVar

import msgspec

__all__ = ["EventBase"]


class EventBase(msgspec.Struct, frozen=True, tag_field="type"):
    """Common to all facts.  `classification` is public, personal or secret.

    `telemetry` marks what may be shed where the disk is full, once it is folded: steps of the screen, prints,
    the health of devices.  Facts about parcels, doors, security and audit are never shed.
    """

    classification: ClassVar[str] = "public"
    telemetry: ClassVar[bool] = False

    @property
    def type(self) -> str:
        """The CloudEvents type, for example `ph.parcel.deposited.v1`."""
        tag = self.__struct_config__.tag
        assert isinstance(tag, str)
        return tag

    @property
    def area(self) -> str:
        """The topic below `evt/`: parcel, door, session, scan, print, health, security, audit."""
        return self.type.split(".")[1]

    @property
    def subject(self) -> str:
        """What the fact is about, `compartment/b07`, `parcel/<id>` or `station`."""
        for kind in ("parcel", "compartment", "device"):
            ref = getattr(self, kind, None)
            if ref:
                return f"{kind}/{ref}"
        return "station"

    @property
    def correlation(self) -> str | None:
        """The business transaction (session, command or unlock) this belongs to, or None."""
        for kind in ("session", "command", "unlock"):
            ref = getattr(self, kind, None)
            if ref:
                return str(ref)
        return None

"""One realistic example of each message about certificates, for the published contract."""

from __future__ import annotations

from typing import Final

import msgspec

from edge.core.events import CertificateExpiring

__all__ = ["EXAMPLES"]

EXAMPLES: Final[dict[str, msgspec.Struct]] = {
    "ph.health.certificate-expiring.v1": CertificateExpiring(
        certificate="station", expires_at_ms=1_782_864_000_000, days_left=13
    ),
}

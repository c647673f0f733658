"""How long tests wait for what has to come."""

from __future__ import annotations

__all__ = ["PATIENCE_S"]

PATIENCE_S = 120.0
"""For another process, a broker, a browser: only what hangs takes longer.  How long a start, a compilation or
a visit takes says how busy the machine is, not whether the code is right."""

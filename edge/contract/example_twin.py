"""Examples of configuration, jobs and what tells of them."""

from __future__ import annotations

from typing import Final

import msgspec

from edge.contract.example_facts import JOB
from edge.core import events as ev
from edge.shell import twin_messages as tm

__all__ = ["EXAMPLES", "FACTS"]

_HASH: Final = "sha256:76d5cf24a2a01ae97e41a4ba1cf20e4a2d6ba0e66d05b5ee42b6e6f9a0c9fd2b"
_DIGEST: Final = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_VALUES: Final[dict[str, bool | int | float | str]] = {"rules.holding_period_s": 172_800}

EXAMPLES: Final[dict[str, msgspec.Struct]] = {
    "ph.config.desired.v1": tm.ConfigDesired(
        station="acme/shanghai-0042",
        version=7,
        hash=_HASH,
        values={**_VALUES, "mqtt.host": "broker-2.example.com"},
        signature="iUiGOQyu31WQ+9RNEl+DLVDF0u70m2XenOXA3joiPbGePISyvjXZdF8tVvbdN29engV3kZOLF+/QGm+wnSSFAQ==",
    ),
    "ph.state.config.v1": tm.ConfigReport(
        version=7,
        hash=_HASH,
        state="probation",
        applied=["rules.holding_period_s"],
        refused=[tm.ConfigRefusal("mqtt.host", "not-remote", "[mqtt] is set in station.toml only")],
        pending_restart=[],
        values={**_VALUES, "link.heartbeat_s": 30.0},
    ),
    "ph.jobs.next.v1": tm.JobNext(
        id=JOB,
        kind="deadline-shift",
        step_timeout_s=600,
        expected_version="0.1.0",
        parameters={"shift_s": 86_400, "carrier": "sf"},
    ),
    "ph.jobs.status.v1": tm.JobStatus(
        job=JOB,
        kind="deadline-shift",
        state="running",
        step="shifting",
        done=100,
        skipped=2,
        error=None,
        detail="",
        result={},
    ),
}
"""By schema name."""

FACTS: Final[tuple[ev.EventBase, ...]] = (
    ev.ConfigApplied(version=7, hash=_HASH, values=_VALUES, refused={"mqtt.host": "not-remote"}),
    ev.ConfigConfirmed(version=7, hash=_HASH),
    ev.ConfigReverted(
        reverted_version=7,
        reverted_hash=_HASH,
        reason="unhealthy",
        version=6,
        hash="sha256:" + "6" * 64,
        values={"rules.holding_period_s": 259_200},
        detail="lost: board-a1",
    ),
    ev.JobAccepted(
        job=JOB,
        kind="update",
        issued_at_ms=1_789_000_000_000,
        step_timeout_s=600,
        parameters={"version": "0.2.0", "digest": _DIGEST},
    ),
    ev.JobProgress(job=JOB, step="install"),
    ev.JobFinished(
        job=JOB,
        kind="update",
        state="succeeded",
        issued_at_ms=1_789_000_000_000,
        result={"version": "0.2.0"},
    ),
)

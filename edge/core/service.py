"""Service opening: somebody with the right to it opens one compartment, looks or repairs, and closes it."""

from __future__ import annotations

from edge.core.at_door import compartment_here, courier_grant, finish_grant, quarantine_failed_door
from edge.core.desk import Desk, PurposeTable, notice
from edge.core.doors import open_for_session
from edge.core.inputs import Tap
from edge.core.model import Purpose, Stage

__all__ = ["SERVICE", "done", "reopen", "report_door", "timeout_done", "timeout_door_failed"]


def closed(desk: Desk) -> None:
    """The door is closed: once more, or done?"""
    desk.advance(Stage.SERVICE_DONE, desk.rules.after_close_s, doubt=False)


def done(desk: Desk, tap: Tap) -> None:
    """The work is done."""
    finish_grant(desk, notice("THANKS"))


def reopen(desk: Desk, tap: Tap) -> None:
    """Once more the same door."""
    open_for_session(desk, compartment_here(desk), Purpose.SERVICE, courier_grant(desk))


def report_door(desk: Desk, tap: Tap) -> None:
    """The door does not open: it needs more than was brought."""
    quarantine_failed_door(desk)
    finish_grant(desk, notice("REPORTED"))


def timeout_done(desk: Desk) -> None:
    """Nobody answered after the closing; what was inside is on the reconciliation list since the opening."""
    desk.end("timeout")


def timeout_door_failed(desk: Desk) -> None:
    """Whoever wanted in left a door that did not open."""
    quarantine_failed_door(desk)
    desk.end("timeout")


def left_open(desk: Desk) -> None:
    """Nothing is concluded from it: the door's own fact takes the compartment out of service."""


SERVICE = PurposeTable(
    closed=closed, closed_unseen=closed, left_open=left_open, after_close=Stage.SERVICE_DONE
)

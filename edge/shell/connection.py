"""What the link asks of a connection to a broker, whatever carries it.

A `Connection` lives once: it is handed out open and, when it is lost, thrown
away for the next one.  Nothing of an old connection reaches a new one, so the
link's own cursor is the only memory of what is still to send.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = [
    "Connect",
    "ConnectFailed",
    "Connection",
    "ConnectionLost",
    "Hello",
    "Incoming",
    "Outgoing",
    "PublishRefused",
]


class ConnectFailed(Exception):
    """No connection came about.  `refused` is True when the broker answered and said no."""

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused


class ConnectionLost(Exception):
    """The connection ended before the message was acknowledged; whether it arrived is not known."""


class PublishRefused(Exception):
    """The broker will not take the message (PUBACK reason code, an ACL for one), or too many wait already."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to publish.  `qos` is 0 or 1; the other fields repeat the envelope as MQTT 5 properties."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    expiry_s: int | None = None
    correlation: str | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that arrived."""

    topic: str
    payload: bytes
    retained: bool


@dataclass(frozen=True, slots=True)
class Hello:
    """What a connection begins with: the will and who takes what arrives.

    `on_message` is called on the loop, in order of arrival; the broker gets
    its acknowledgement when it has returned.
    """

    will: Outgoing
    will_delay_s: int
    on_message: Callable[[Incoming], None]


class Connection(Protocol):
    """One open connection; all methods belong to the loop's thread."""

    @property
    def description(self) -> str:
        """Broker and protocol, for the log."""
        ...

    @property
    def closed(self) -> asyncio.Future[str]:
        """Done with the reason when the connection has ended, by either side."""
        ...

    @property
    def session_kept(self) -> bool:
        """True when the broker still had our session: its subscriptions, and what came meanwhile."""
        ...

    def publish(self, message: Outgoing) -> asyncio.Future[None]:
        """Send in the order of the calls; never blocks.

        The future ends when the broker acknowledged (QoS 1) or at once (QoS
        0), with PublishRefused, or with ConnectionLost.
        """
        ...

    async def subscribe(self, filters: Sequence[str]) -> None:
        """Subscribe with QoS 1.  Raises PublishRefused for a filter refused, ConnectionLost."""
        ...

    async def close(self) -> None:
        """Leave cleanly: what was published is sent, the broker drops the will.  Never raises."""
        ...

    def abort(self) -> None:
        """Cut the line, so that the broker sends the will."""
        ...


class Connect(Protocol):
    """Makes connections."""

    async def __call__(self, hello: Hello) -> Connection:
        """One attempt.  Raises ConnectFailed."""
        ...

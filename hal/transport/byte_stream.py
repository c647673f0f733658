"""What a driver needs of a link, and how a link says that sending failed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from hal.interfaces import WireTrace

__all__ = ["ByteStream", "LineLink", "Link", "LinkLost", "SendFailed"]


class LinkLost(Exception):
    """The link is not up or went away while reading.  Stays inside hal: drivers turn it into `HalError`s."""


class SendFailed(Exception):
    """Sending stopped early; `sent` bytes had left (were taken by the kernel).  Stays inside hal."""

    def __init__(self, sent: int, detail: str) -> None:
        super().__init__(f"{detail} after {sent} bytes")
        self.sent = sent


class ByteStream(Protocol):
    """A link that is up: serial port or TCP connection.  One task reads, one writes."""

    async def read(self, deadline: float | None) -> bytes:
        """At least one byte.  Raises TimeoutError at `deadline`, LinkLost when the link is gone."""
        ...

    async def write(self, data: bytes, deadline: float) -> None:
        """All of `data`, handed to the kernel.  Raises SendFailed."""
        ...


class Link(Protocol):
    """A way to a device that is used now and then: a serial port held open, or a TCP address."""

    @property
    def trace(self) -> WireTrace:
        """Its last bytes."""
        ...

    @property
    def bytes_per_s(self) -> float | None:
        """What it carries at most, None where nothing states it."""
        ...

    async def start(self) -> None:
        """Begin to keep it reachable; never fails."""
        ...

    async def close(self) -> None:
        """Give it up."""
        ...

    def connect(self, deadline: float) -> AbstractAsyncContextManager[ByteStream]:
        """A stream without old input.  Raises LinkLost on entering when there is none before `deadline`."""
        ...


class LineLink(ByteStream, Protocol):
    """A port held open for a line of lock boards: serial, or behind a serial-to-TCP box."""

    port: str
    baud: int
    tap: Callable[[bytes], None] | None
    """Called with everything received, when it comes."""

    @property
    def online(self) -> bool:
        """True while it is open."""
        ...

    @property
    def trace(self) -> WireTrace:
        """Its last bytes."""
        ...

    async def start(self) -> None:
        """Open it now if it is there, and keep it open; never fails."""
        ...

    async def close(self) -> None:
        """Give it up."""
        ...

    def discard_input(self) -> None:
        """Throw away everything received so far."""
        ...

    def withdraw_unsent(self) -> None:
        """Nothing sent before may leave from now on."""
        ...

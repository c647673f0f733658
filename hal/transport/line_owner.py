"""The owner of a half-duplex line of lock boards: RS-485, RS-232, or either behind a serial-to-TCP box.

    take the turn | throw away old input | send | collect until a reply is accepted or time is up

One transaction at a time, whoever asks; each request is written exactly once, and what did not leave while
its transaction lasted does not leave later.  Knows no protocol: bytes become frames in `collect`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from hal.errors import DeviceOffline, NoAnswer
from hal.interfaces import WireTrace
from hal.transport.byte_stream import LineLink, LinkLost, SendFailed
from hal.transport.late_replies import ReplyKey
from hal.transport.line_turn import LineTurn, frame_time_s, silence_s
from hal.transport.serial_link import SerialLink
from hal.transport.tcp_port import TcpPort, tcp_address

__all__ = ["LineCounters", "LineOwner"]

T = TypeVar("T")


@dataclass(slots=True)
class LineCounters:
    """Since the start: `transactions` whose request left, `failures` of them without a usable answer,
    `not_sent` that never left (port away, line busy)."""

    transactions: int = 0
    failures: int = 0
    not_sent: int = 0


UNUSABLE_ANSWER_BYTES = 4
"""So many bytes, and no frame among them, were the reply, garbled; fewer are noise, and the reply may come
yet."""


class _Heard(Generic[T]):
    """What came in answer: drops the echo of the request, counts, and asks `collect`."""

    def __init__(self, collect: Callable[[bytes], T | None], echo: bytes) -> None:
        self.count = 0
        self._collect = collect
        self._echo = echo
        self._held = b""

    def take(self, data: bytes) -> T | None:
        """The reply when `data` completes it."""
        data = self._held + data
        self._held = b""
        if self._echo:
            if len(data) < len(self._echo) and self._echo.startswith(data):
                self._held = data
                return None
            data = data.removeprefix(self._echo)
            self._echo = b""
        self.count += len(data)
        return self._collect(data)


class LineOwner:
    """Serialises the transactions of one line.  `port` is a device or `tcp://host:port` (else ValueError); a
    `link` stands for it where one is handed in.

    `discard_echo` is for two-wire adapters whose receiver hears the host's own bytes: what comes first and
    equals the request is dropped.
    """

    def __init__(
        self, port: str, baud: int, *, discard_echo: bool = False, link: LineLink | None = None
    ) -> None:
        self._link = _link(port, baud) if link is None else link
        self._turn = LineTurn()
        self._discard_echo = discard_echo
        self._listeners: list[Callable[[bytes], None]] = []
        self.counters = LineCounters()

    @property
    def port(self) -> str:
        """The port as configured."""
        return self._link.port

    @property
    def online(self) -> bool:
        """True while the port is open."""
        return self._link.online

    @property
    def trace(self) -> WireTrace:
        """The last bytes of the line."""
        return self._link.trace

    async def start(self) -> None:
        """Open the port when it is there, keep trying when not."""
        await self._link.start()

    async def close(self) -> None:
        """Close the port."""
        await self._link.close()

    def listen(self, hear: Callable[[bytes], None]) -> None:
        """Call `hear` with every byte of the line from now on, in and between transactions: for frames that
        boards send unasked."""
        self._listeners.append(hear)
        self._link.tap = self._tap

    def _tap(self, data: bytes) -> None:
        for hear in self._listeners:
            hear(data)

    def late_reply(self, key: ReplyKey) -> None:
        """A reply of this shape came that nobody awaited any more."""
        self._turn.late.arrived(key)

    async def transact(
        self,
        device: str,
        request: bytes,
        collect: Callable[[bytes], T | None],
        *,
        key: ReplyKey | None,
        reply_timeout_s: float,
        deadline: float,
        gap_s: float = 0.0,
    ) -> T:
        """Send `request` once and feed what comes to `collect` until it returns the accepted reply.

        `key` None is for a request whose late reply does no harm.  `gap_s` of silence follow, at least 3.5
        characters, and until the reply's time is over where a caller had no time for it: the board may just
        begin to answer.  Raises DeviceOffline when no byte left (port away, line busy past the deadline),
        else NoAnswer.
        """
        loop = asyncio.get_running_loop()
        async with self._turn.take(device, key, deadline):
            await self._send_or_offline(device, request, deadline)
            limit = loop.time() + frame_time_s(len(request), self._link.baud) + reply_timeout_s
            heard = _Heard(collect, request if self._discard_echo else b"")
            quiet_s = max(gap_s, silence_s(self._link.baud))
            try:
                return await self._collect(device, heard, min(limit, deadline))
            except BaseException:
                self.counters.failures += 1
                # Also when this task is cancelled: the request is out, so its reply may still come.
                if heard.count < UNUSABLE_ANSWER_BYTES:
                    quiet_s = max(quiet_s, limit - loop.time())
                    if key is not None:
                        self._turn.late.expect(key, loop.time())
                self._link.withdraw_unsent()
                raise
            finally:
                self._turn.keep_silent(quiet_s)

    async def send_only(self, device: str, request: bytes, deadline: float, gap_s: float = 0.0) -> None:
        """Send `request` to a board that never answers it, and keep the line free until it is out.

        Raises DeviceOffline when no byte left, NoAnswer when only a part did.
        """
        async with self._turn.take(device, None, deadline):
            await self._send_or_offline(device, request, deadline)
            out_s = frame_time_s(len(request), self._link.baud)
            self._turn.keep_silent(out_s + max(gap_s, silence_s(self._link.baud)))

    async def _send_or_offline(self, device: str, request: bytes, deadline: float) -> None:
        if not self._link.online:
            self.counters.not_sent += 1
            raise DeviceOffline(device, f"{self._link.port} is not open")
        self._link.discard_input()
        try:
            await self._link.write(request, deadline)
        except SendFailed as exc:
            kind = NoAnswer if exc.sent else DeviceOffline
            self.counters.not_sent += 1
            raise kind(device, str(exc)) from exc
        self.counters.transactions += 1

    async def _collect(self, device: str, heard: _Heard[T], limit: float) -> T:
        try:
            while True:
                reply = heard.take(await self._link.read(limit))
                if reply is not None:
                    return reply
        except TimeoutError as exc:
            raise NoAnswer(device, f"no usable answer, {heard.count} bytes heard") from exc
        except LinkLost as exc:
            raise NoAnswer(device, str(exc)) from exc


def _link(port: str, baud: int) -> LineLink:
    address = tcp_address(port)
    return SerialLink(port, baud) if address is None else TcpPort(*address, baud)

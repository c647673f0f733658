"""A TCP proxy between one station and its broker that cuts, stalls, duplicates and reorders.

It reads packet by packet, so what it hands on late or twice is always a whole publication with an id of its
own: neither end can tell it from one the other end sent.  Only a cut leaves half a packet.  Whole facts and
answers of the station are shown to `on_publish` as they pass.

Where the broker speaks TLS so does the proxy, to both ends and with a certificate on each: the broker's
towards the station, the station's towards the broker.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

from tools.link_torture.packets import (
    CONNACK,
    CONNECT,
    PUBACK,
    PUBLISH,
    Publish,
    accepts,
    acknowledged_id,
    kind_of,
    protocol_level,
    read_packet,
)

__all__ = ["HOST", "BothEnds", "ChaosProxy", "Mischief"]

HOST: Final = "127.0.0.1"

COPY_IDS: Final = range(0xF000, 0xFFFF)
"""Packet ids of what the proxy adds; a client counts up from 1 and starts anew with each connection."""

COPIES_UNACKNOWLEDGED_MAX: Final = 3
"""Added publications on the way at once: what a Receive Maximum of 20 leaves beside the 16 real ones."""

HELD_S: Final = 0.15
"""What is held back to be overtaken goes on after this, overtaken or not."""

REMEMBERED: Final = 100
"""Publications kept to be told again later, for each direction."""

Direction = Literal["up", "down"]


@dataclass(slots=True)
class Mischief:
    """How often what is done to a publication of QoS 1 (0 to 1), and what has been done so far."""

    duplicate: float = 0.0
    reorder: float = 0.0
    late: float = 0.0
    duplicates: int = 0
    reordered: int = 0


@dataclass(frozen=True, slots=True)
class BothEnds:
    """TLS as a server to the station, and as a client to the broker."""

    to_station: ssl.SSLContext
    to_broker: ssl.SSLContext


class ChaosProxy:
    """Listens on a free port of loopback for each node of the broker; `ports` are known after `start`.

    One event loop.  `levels` counts the connections that were greeted by their MQTT version (4 is 3.1.1);
    `tls` is the version of TLS towards the broker, empty at first.
    """

    def __init__(
        self,
        nodes: Sequence[int],
        rng: random.Random,
        mischief: Mischief,
        on_publish: Callable[[Publish], None],
        tls: BothEnds | None = None,
    ) -> None:
        """`nodes` are the ports of the broker's nodes."""
        self.ports: list[int] = []
        self.cuts = 0
        self.levels: Counter[int] = Counter()
        self.tls = ""
        self.mischief = mischief
        self.on_publish = on_publish
        self.rng = rng
        self.memory: dict[Direction, deque[tuple[int, Publish]]] = {
            "up": deque(maxlen=REMEMBERED),
            "down": deque(maxlen=REMEMBERED),
        }
        self._nodes = tuple(nodes)
        self._tls = tls
        self._servers: list[asyncio.Server] = []
        self._wires: set[_Wire] = set()
        self._changed = asyncio.Event()

    async def start(self) -> None:
        """Begin to listen."""
        ours = self._tls.to_station if self._tls is not None else None
        for node in self._nodes:
            server = await asyncio.start_server(partial(self._accept, node), HOST, 0, ssl=ours)
            self._servers.append(server)
            self.ports.append(server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Cut everything and listen no more."""
        for server in self._servers:
            server.close()
        for wire in tuple(self._wires):
            wire.cut(reset=True)

    @property
    def connected(self) -> bool:
        """True while a station is through to the broker and was greeted by it."""
        return any(wire.greeted for wire in self._wires)

    async def until_connected(self) -> None:
        """Wait for `connected`."""
        while not self.connected:
            self._changed.clear()
            await self._changed.wait()

    def cut(self, *, after_bytes: int = 0, reset: bool = True) -> bool:
        """Cut every connection, now or when so many bytes more have passed; False when there is none.

        `reset` ends both sides with RST, otherwise with FIN, as a dying host and a router do.
        """
        wires = tuple(self._wires)
        for wire in wires:
            wire.cut(after_bytes=after_bytes, reset=reset)
        return bool(wires)

    def stall(self, seconds: float) -> None:
        """Let nothing pass for so long, in either direction."""
        for wire in self._wires:
            wire.stall(seconds)

    def forget(self) -> None:
        """Nothing from before is told again."""
        for each in self.memory.values():
            each.clear()

    async def _accept(self, node: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            theirs = self._tls.to_broker if self._tls is not None else None
            upstream = await asyncio.open_connection(HOST, node, ssl=theirs)
        except OSError:
            writer.transport.abort()
            return
        wire = _Wire(self, (reader, writer), upstream)
        self._wires.add(wire)
        try:
            await wire.run()
        finally:
            self._wires.discard(wire)

    def greeted(self, level: int, tls: str) -> None:
        """A wire's CONNACK has passed."""
        self.levels[level] += 1
        self.tls = tls
        self._changed.set()


class _Wire:
    """One connection of the station, with the one to the broker that belongs to it."""

    def __init__(
        self,
        proxy: ChaosProxy,
        station: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        broker: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self.proxy = proxy
        self.level = 4
        self.greeted = False
        self.flowing = asyncio.Event()
        self.flowing.set()
        self._ends = (station[1], broker[1])
        self._reset = True
        self._fuse: int | None = None
        self._over = asyncio.Event()
        self._up = _Pipe(self, "up", station[0], broker[1])
        self._down = _Pipe(self, "down", broker[0], station[1])
        self._up.back, self._down.back = self._down, self._up

    async def run(self) -> None:
        """Pass on until either end is gone or it is cut."""
        tasks: list[asyncio.Task[Any]] = [asyncio.create_task(each.run()) for each in (self._up, self._down)]
        tasks.append(asyncio.create_task(self._over.wait()))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            self._over.set()
            self.greeted = False
            for writer in self._ends:
                if self._reset:
                    writer.transport.abort()
                else:
                    writer.close()
            await asyncio.gather(*tasks, return_exceptions=True)

    def cut(self, *, after_bytes: int = 0, reset: bool = True) -> None:
        self._reset = reset
        if after_bytes:
            self._fuse = after_bytes
        else:
            self._blow()

    def stall(self, seconds: float) -> None:
        self.flowing.clear()
        asyncio.get_running_loop().call_later(seconds, self.flowing.set)

    def spend(self, data: bytes) -> bytes:
        """What of `data` still passes."""
        if self._over.is_set():
            return b""
        if self._fuse is None:
            return data
        passing = data[: self._fuse]
        self._fuse -= len(passing)
        if self._fuse == 0:
            self._blow()
        return passing

    def _blow(self) -> None:
        self.proxy.cuts += not self._over.is_set()
        self._over.set()

    def connected(self) -> None:
        self.greeted = True
        secure = self._ends[1].get_extra_info("ssl_object")
        self.proxy.greeted(self.level, secure.version() if secure is not None else "")


class _Pipe:
    """One direction of a wire."""

    def __init__(
        self, wire: _Wire, direction: Direction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.back = self
        self._wire = wire
        self._proxy = wire.proxy
        self._direction: Direction = direction
        self._reader = reader
        self._writer = writer
        self._held: deque[bytes] = deque()
        self._ids = iter(COPY_IDS)
        self._copies: set[int] = set()

    async def run(self) -> None:
        """Read packets and pass them on, one way or another."""
        with contextlib.suppress(OSError):
            try:
                while True:
                    packet = await read_packet(self._reader)
                    await self._wire.flowing.wait()
                    self._take(packet)
                    await self._writer.drain()
            except asyncio.IncompleteReadError as end:
                self._write(end.partial)

    def _take(self, packet: bytes) -> None:
        kind = kind_of(packet)
        if kind == PUBLISH:
            self._publish(Publish.read(packet, self._wire.level))
            return
        if kind == CONNECT:
            self._wire.level = protocol_level(packet)
        elif kind == CONNACK and accepts(packet):
            self._wire.connected()
        elif kind == PUBACK and self.back.acknowledges_copy(acknowledged_id(packet)):
            return
        self._write(packet)

    def acknowledges_copy(self, id_: int) -> bool:
        """True when `id_` is that of a publication the proxy added; its sender knows nothing of it."""
        known = id_ in self._copies
        self._copies.discard(id_)
        return known

    def _publish(self, publish: Publish) -> None:
        if self._direction == "up":
            self._proxy.on_publish(publish)
        # Retained messages are a state: the newest must stay the newest.
        free = publish.qos == 1 and not publish.retain
        if free and self._chance(self._proxy.mischief.reorder):
            self._hold(publish.packet)
        else:
            self._write(publish.packet)
            self._release(overtaken=True)
        if not free:
            return
        if self._chance(self._proxy.mischief.duplicate):
            self._add(publish)
        memory = self._proxy.memory[self._direction]
        if memory and self._chance(self._proxy.mischief.late):
            level, old = self._proxy.rng.choice(memory)
            if level == self._wire.level:
                self._add(old)
        memory.append((self._wire.level, publish))

    def _chance(self, share: float) -> bool:
        return self._proxy.rng.random() < share

    def _hold(self, packet: bytes) -> None:
        self._held.append(packet)
        asyncio.get_running_loop().call_later(HELD_S, self._release, False)

    def _release(self, overtaken: bool) -> None:
        """In an order of their own: what was held longest goes last."""
        while self._held:
            self._proxy.mischief.reordered += overtaken or len(self._held) > 1
            self._write(self._held.pop())

    def _add(self, publish: Publish) -> None:
        """Tell it once more."""
        if len(self._copies) >= COPIES_UNACKNOWLEDGED_MAX:
            return
        id_ = next(self._ids, None)
        if id_ is None:
            return
        self._copies.add(id_)
        self._proxy.mischief.duplicates += 1
        self._write(publish.copy(id_))

    def _write(self, data: bytes) -> None:
        passing = self._wire.spend(data)
        if passing and not self._writer.transport.is_closing():
            self._writer.write(passing)

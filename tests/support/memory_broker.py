"""A broker and a backend in memory, for virtual time: deliberately unreliable, seeded.

The broker keeps what a real one does: retained messages, one queue for the
station's session, wills.  PUBACK and delivery each take their own random time,
so a connection can end between them, in either order.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Sequence

from edge.shell.connection import (
    ConnectFailed,
    Connection,
    ConnectionLost,
    Hello,
    Incoming,
    Outgoing,
    PublishRefused,
)

__all__ = ["MemoryBackend", "MemoryBroker"]

MAX_DELAY_S = 0.2


class MemoryBroker:
    """One station's broker.  `deliver` gets what the broker passes on to the backend."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self.up = True
        self.refused_login = False
        self.attempts: list[float] = []
        self.retained: dict[str, bytes] = {}
        self.log: list[Outgoing] = []
        self.wills: list[bytes] = []
        self.deliver: Callable[[Outgoing], None] = lambda message: None
        self.refuse: Callable[[Outgoing], str | None] = lambda message: None
        self.swallow_pubacks = False
        self.queue: list[tuple[str, bytes]] = []
        self.keeps_sessions = False
        self.subscriptions: list[str] = []
        self.connection: _MemoryConnection | None = None

    async def connect(self, hello: Hello) -> Connection:
        """The link's `Connect`."""
        self.attempts.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.delay_s())
        if self.refused_login:
            raise ConnectFailed("bad user name or password", refused=True)
        if not self.up:
            raise ConnectFailed("connection refused")
        if self.connection is not None:
            self.connection.end("taken over", will=True)
        self.connection = _MemoryConnection(
            self, hello, kept=self.keeps_sessions and bool(self.subscriptions)
        )
        return self.connection

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """From the backend to the station; queued while it is away, as a kept session does."""
        if retain:
            self.retained[topic] = payload
        if self.connection is None:
            self.queue.append((topic, payload))
        else:
            self.connection.hand_over(Incoming(topic, payload, False))

    def drop(self) -> None:
        """Cut the connection; what is under way may or may not arrive."""
        if self.connection is not None:
            self.connection.end("dropped", will=True)

    def delay_s(self) -> float:
        return self._random.uniform(0.001, MAX_DELAY_S)

    def payloads(self, suffix: str) -> list[dict[str, object]]:
        """Everything published to topics ending in `suffix`, decoded."""
        return [json.loads(m.payload) for m in self.log if m.topic.endswith(suffix)]


class _MemoryConnection:
    def __init__(self, broker: MemoryBroker, hello: Hello, *, kept: bool) -> None:
        self._broker = broker
        self.session_kept = kept
        self._hello = hello
        self._loop = asyncio.get_running_loop()
        self._closed: asyncio.Future[str] = self._loop.create_future()
        self._pending: set[asyncio.Future[None]] = set()
        self._filters: set[str] = set()
        self._arrive_s = 0.0
        if kept:
            self._hand_over_waiting()

    @property
    def description(self) -> str:
        return "memory broker"

    @property
    def closed(self) -> asyncio.Future[str]:
        return self._closed

    def publish(self, message: Outgoing) -> asyncio.Future[None]:
        future: asyncio.Future[None] = self._loop.create_future()
        future.add_done_callback(lambda f: f.exception())
        if self._closed.done():
            future.set_exception(ConnectionLost("closed"))
            return future
        # In order, like one TCP connection (timers of one instant are in none); it arrives even when
        # the connection ends meanwhile.
        self._arrive_s = max(self._arrive_s + 1e-6, self._loop.time() + self._broker.delay_s())
        self._loop.call_at(self._arrive_s, self._arrived, message)
        if message.qos == 0:
            future.set_result(None)
            return future
        self._pending.add(future)
        self._loop.call_at(self._arrive_s + self._broker.delay_s(), self._puback, message, future)
        return future

    def _arrived(self, message: Outgoing) -> None:
        if self._broker.refuse(message) is not None:
            return
        if message.retain:
            self._broker.retained[message.topic] = message.payload
        self._broker.log.append(message)
        self._broker.deliver(message)

    def _puback(self, message: Outgoing, future: asyncio.Future[None]) -> None:
        if future.done() or self._broker.swallow_pubacks:
            return
        self._pending.discard(future)
        reason = self._broker.refuse(message)
        if reason is None:
            future.set_result(None)
        else:
            future.set_exception(PublishRefused(reason))

    async def subscribe(self, filters: Sequence[str]) -> None:
        await asyncio.sleep(self._broker.delay_s())
        if self._closed.done():
            raise ConnectionLost("closed")
        self._filters.update(filters)
        self._broker.subscriptions += filters
        for topic, payload in self._broker.retained.items():
            if topic in filters:
                self.hand_over(Incoming(topic, payload, True))
        self._hand_over_waiting()

    def _hand_over_waiting(self) -> None:
        waiting, self._broker.queue = self._broker.queue, []
        for topic, payload in waiting:
            self.hand_over(Incoming(topic, payload, False))

    def hand_over(self, message: Incoming) -> None:
        self._loop.call_later(self._broker.delay_s(), self._take, message)

    def _take(self, message: Incoming) -> None:
        if self._closed.done():
            self._broker.queue.append((message.topic, message.payload))
        else:
            self._hello.on_message(message)

    async def close(self) -> None:
        while self._pending and not self._closed.done():
            await asyncio.sleep(0.01)
        self.end("left", will=False)

    def abort(self) -> None:
        self.end("aborted", will=True)

    def end(self, reason: str, *, will: bool) -> None:
        if self._closed.done():
            return
        self._closed.set_result(reason)
        if self._broker.connection is self:
            self._broker.connection = None
        if will:
            self._broker.wills.append(self._hello.will.payload)
        for future in self._pending:
            if not future.done():
                future.set_exception(ConnectionLost(reason))
        self._pending.clear()


class MemoryBackend:
    """Stores facts by sequence, acknowledges the highest contiguous one; may be away, may lose its answer."""

    def __init__(self, broker: MemoryBroker, root: str, seed: int = 0, *, ids: bool = True) -> None:
        """With `ids` an acknowledgement names the fact as well as its number."""
        self._broker = broker
        self._ids = ids
        self._topic = f"{root}/ack/events"
        self._random = random.Random(seed)
        self.stored: dict[int, bytes] = {}
        self.contiguous = 0
        self.received = 0
        self.away = False
        self.lose_acks = 0.0
        broker.deliver = self._deliver

    def _deliver(self, message: Outgoing) -> None:
        if "/evt/" not in message.topic or self.away:
            return
        self.received += 1
        sequence = int(json.loads(message.payload)["sequence"])
        known = self.stored.setdefault(sequence, message.payload)
        assert known == message.payload, "the same sequence with another content"
        while self.contiguous + 1 in self.stored:
            self.contiguous += 1
        if self._random.random() >= self.lose_acks:
            self.acknowledge(self.contiguous)

    def acknowledge(self, sequence: object) -> None:
        ack: dict[str, object] = {"sequence": sequence}
        if self._ids and isinstance(sequence, int) and sequence in self.stored:
            ack["id"] = json.loads(self.stored[sequence])["id"]
        self._broker.send(self._topic, json.dumps(ack).encode(), retain=True)

"""What the link is measured against: a bare MQTT client with TCP_NODELAY, a bare sync, a bare frame."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import sqlite3
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from pymodbus.framer import FramerRTU

from simulators.broker import Broker
from simulators.cabinet import SimulatedCabinet

__all__ = [
    "FACT_BYTES",
    "Asker",
    "bare_client",
    "commits_s",
    "drain_s",
    "echo_s",
    "frames_s",
    "percentile",
    "pubacks_s",
    "syncs_s",
]

FACT_BYTES: Final = 700
"""Of a usual fact."""

FACTS_A_COMMIT: Final = 3
"""Of a usual decision."""

IN_FLIGHT: Final = 16
"""Publications without a PUBACK: the link's own bound."""

_PATIENCE_S: Final = 30.0


def percentile(values: list[float], share: float) -> float:
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@asynccontextmanager
async def bare_client(name: str, broker: Broker, *, clean: bool = True) -> AsyncIterator[paho.Client]:
    """A connected client of MQTT 3.1.1; not `clean`, the broker keeps its session."""
    client = paho.Client(
        CallbackAPIVersion.VERSION2, name, clean_session=clean, protocol=MQTTProtocolVersion.MQTTv311
    )
    client.on_socket_open = _no_delay
    client.max_inflight_messages_set(IN_FLIGHT)
    client.max_queued_messages_set(0)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        await asyncio.to_thread(client.loop_stop)


def _no_delay(client: paho.Client, _: Any, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _sets(event: asyncio.Event) -> Callable[..., None]:
    """A callback of paho's thread that sets `event` on this loop."""
    loop = asyncio.get_running_loop()

    def callback(*_: Any) -> None:
        loop.call_soon_threadsafe(event.set)

    return callback


class Asker:
    """Sends a message and waits until an answer is there."""

    def __init__(self, client: paho.Client, answers: str) -> None:
        self._answered = asyncio.Event()
        self._ready = asyncio.Event()
        self._client = client
        client.on_subscribe = _sets(self._ready)
        client.on_message = _sets(self._answered)
        client.subscribe(answers, 1)

    async def ready(self) -> None:
        """Wait for the broker to grant the subscription."""
        await asyncio.wait_for(self._ready.wait(), _PATIENCE_S)

    async def ask_s(self, topic: str, payload: bytes) -> float:
        """Seconds from publishing to the answer."""
        self._answered.clear()
        began_s = time.perf_counter()
        self._client.publish(topic, payload, 1)
        await asyncio.wait_for(self._answered.wait(), _PATIENCE_S)
        return time.perf_counter() - began_s


def _answer(client: paho.Client, _: Any, message: paho.MQTTMessage) -> None:
    client.publish("bench/answer", message.payload, 1)


async def echo_s(broker: Broker, payload: bytes, rounds: int) -> list[float]:
    """A question and its answer between two bare clients."""
    async with bare_client("echo", broker) as echo, bare_client("asker", broker) as client:
        subscribed = asyncio.Event()
        echo.on_subscribe = _sets(subscribed)
        echo.on_message = _answer
        echo.subscribe("bench/ask", 1)
        asker = Asker(client, "bench/answer")
        await asyncio.wait_for(subscribed.wait(), _PATIENCE_S)
        await asker.ready()
        return [await asker.ask_s("bench/ask", payload) for _ in range(rounds)]


async def pubacks_s(broker: Broker, rounds: int) -> list[float]:
    """From publishing to the PUBACK, one after the other."""
    taken = []
    async with bare_client("publisher", broker) as client:
        acknowledged = asyncio.Event()
        client.on_publish = _sets(acknowledged)
        for _ in range(rounds):
            acknowledged.clear()
            began_s = time.perf_counter()
            client.publish("bench/fact", b"x" * FACT_BYTES, 1)
            await asyncio.wait_for(acknowledged.wait(), _PATIENCE_S)
            taken.append(time.perf_counter() - began_s)
    return taken


async def drain_s(broker: Broker, count: int) -> float:
    """From the first of `count` publications, `IN_FLIGHT` at once, to the last one's arrival at a subscriber.

    Its session is kept, as a backend's: what is on its way to it is the broker's to remember.
    """
    async with bare_client("taker", broker, clean=False) as taker, bare_client("giver", broker) as giver:
        subscribed, done = asyncio.Event(), asyncio.Event()
        arrived, all_here = itertools.count(1), _sets(done)

        def count_it(*_: Any) -> None:
            if next(arrived) == count:
                all_here()

        taker.on_subscribe = _sets(subscribed)
        taker.on_message = count_it
        taker.subscribe("bench/fact", 1)
        await asyncio.wait_for(subscribed.wait(), _PATIENCE_S)
        began_s = time.perf_counter()
        for _ in range(count):
            giver.publish("bench/fact", b"x" * FACT_BYTES, 1)
        await asyncio.wait_for(done.wait(), 4 * _PATIENCE_S)
        return time.perf_counter() - began_s


def syncs_s(path: Path, rounds: int) -> list[float]:
    """A page appended and synced."""
    taken = []
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for _ in range(rounds):
        began_s = time.perf_counter()
        os.write(file, b"x" * 4096)
        os.fsync(file)
        taken.append(time.perf_counter() - began_s)
    os.close(file)
    return taken


def commits_s(path: Path, rounds: int) -> list[float]:
    """One decision's facts committed to SQLite as the journal does, without encoding or hashing."""
    taken = []
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE events(seq INTEGER PRIMARY KEY, body BLOB)")
    for _ in range(rounds):
        began_s = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        rows = [(b"x" * FACT_BYTES,)] * FACTS_A_COMMIT
        connection.executemany("INSERT INTO events(body) VALUES(?)", rows)
        connection.execute("COMMIT")
        taken.append(time.perf_counter() - began_s)
    connection.close()
    return taken


async def frames_s(cabinet: SimulatedCabinet, line: str, rounds: int) -> list[float]:
    """From a coil command written to the port of `line` (Modbus RTU, board 1) to the board that has it whole.

    The cabinet runs, and nobody else has its ports open.  Doors are closed again.
    """
    port = next(str(each.port) for each in cabinet.plan.lines if each.id == line)
    wire = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    taken = []
    for number in range(rounds):
        pulsed = asyncio.Event()
        unsubscribe = cabinet.world.subscribe(lambda event, done=pulsed: done.set())  # type: ignore[misc]
        body = struct.pack(">BBHH", 1, 5, 0x0200 + number % 8, 1)
        began_s = time.perf_counter()
        os.write(wire, body + struct.pack(">H", FramerRTU.compute_CRC(body)))
        await asyncio.wait_for(pulsed.wait(), _PATIENCE_S)
        taken.append(time.perf_counter() - began_s)
        unsubscribe()
        await _reply(wire)
    os.close(wire)
    await close_all(cabinet)
    return taken


async def _reply(wire: int) -> None:
    heard = b""
    async with asyncio.timeout(_PATIENCE_S):
        while len(heard) < 8:
            await asyncio.sleep(0.002)
            try:
                heard += os.read(wire, 64)
            except BlockingIOError:
                continue


async def close_all(cabinet: SimulatedCabinet) -> None:
    """Press every open door shut as soon as its latch takes it."""
    async with asyncio.timeout(_PATIENCE_S):
        while any(not cabinet.world.close_door(each) for each in cabinet.world.open_doors()):
            await asyncio.sleep(0.01)

"""Command to reply over a real broker, beside a bare echo with paho in the same run.

What is gated is the ratio: the bare echo pays for the same two hops and the
same threads, so the rest is what parsing, deciding and answering cost.
"""

from __future__ import annotations

import asyncio
import json
import socket
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.shell.blocking import ThreadBlocking
from edge.shell.clock import SystemClock
from edge.shell.envelope import rfc3339
from simulators.broker import Broker
from tests.link.brokers import broker_of, connect_to, until
from tests.support.linked import IDENTITY, linked

ROUNDS = 300
MAX_RATIO = 3.0
SLACK_S = 0.001
"""For a scheduler that is busy with other things: a millisecond, where Nagle alone would cost forty."""


class Asker:
    """A bare paho client that sends a message and blocks until the answer is there."""

    def __init__(self, broker: Broker, answers: str) -> None:
        self._answered = asyncio.Event()
        self.ready = asyncio.Event()
        self.client = _bare("asker", broker)
        self.client.on_subscribe = _sets(self.ready)
        self.client.on_message = _sets(self._answered)
        self.client.subscribe(answers, 1)

    async def times_s(self, topic: str, payload: Callable[[int], bytes]) -> list[float]:
        taken = []
        for number in range(ROUNDS):
            self._answered.clear()
            began_s = time.perf_counter()
            self.client.publish(topic, payload(number), 1)
            await asyncio.wait_for(self._answered.wait(), 10)
            taken.append(time.perf_counter() - began_s)
        return taken


def _bare(name: str, broker: Broker) -> paho.Client:
    client = paho.Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTProtocolVersion.MQTTv311)
    client.on_socket_open = _no_delay
    client.connect(broker.host, broker.port)
    client.loop_start()
    return client


def _sets(event: asyncio.Event) -> Callable[..., None]:
    """A callback of paho's thread that sets `event` on this loop."""
    loop = asyncio.get_running_loop()

    def callback(*_: Any) -> None:
        loop.call_soon_threadsafe(event.set)

    return callback


def _answer(client: paho.Client, _: Any, message: paho.MQTTMessage) -> None:
    client.publish("bench/answer", message.payload, 1)


def _no_delay(client: paho.Client, _: Any, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _open_command(number: int) -> bytes:
    now_ms = SystemClock().wall_ms()
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"c-{number}",
            "source": "urn:backend",
            "type": "ph.cmd.open.v1",
            "time": rfc3339(now_ms),
            "expirytime": rfc3339(now_ms + 20_000),
            "replyto": f"{IDENTITY.root}/rsp/desk",
            "data": {"compartment": "a01", "operator": "op-1", "reason": "bench"},
        }
    ).encode()


async def _echo_s(broker: Broker) -> list[float]:
    echo = _bare("echo", broker)
    subscribed = asyncio.Event()
    echo.on_subscribe = _sets(subscribed)
    echo.on_message = _answer
    echo.subscribe("bench/ask", 1)
    asker = Asker(broker, "bench/answer")
    await asyncio.wait_for(asyncio.gather(subscribed.wait(), asker.ready.wait()), 10)
    taken = await asker.times_s("bench/ask", _open_command)
    for client in (echo, asker.client):
        client.disconnect()
        await asyncio.to_thread(client.loop_stop)
    return taken


async def _link_s(broker: Broker, folder: Path) -> list[float]:
    blocking = ThreadBlocking("journal")
    async with linked(folder / "j", SystemClock(), connect_to(broker), blocking=blocking) as station:
        asker = Asker(broker, f"{IDENTITY.root}/rsp/desk")
        await asyncio.wait_for(asker.ready.wait(), 10)
        await until(lambda: station.link.online)
        taken = await asker.times_s(f"{IDENTITY.root}/cmd/open", _open_command)
        asker.client.disconnect()
        await asyncio.to_thread(asker.client.loop_stop)
    blocking.close()
    return taken


async def test_a_command_is_answered_within_three_times_a_bare_echo(tmp_path: Path) -> None:
    async with broker_of("mosquitto", tmp_path) as broker:
        echo_s = statistics.median(await _echo_s(broker))
        link_s = statistics.median(await _link_s(broker, tmp_path))

    print(f"command to reply p50 {link_s * 1e3:.2f} ms, bare echo {echo_s * 1e3:.2f} ms")
    assert link_s <= MAX_RATIO * echo_s + SLACK_S

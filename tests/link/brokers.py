"""Real brokers for the link's tests, and a plain client beside them as the backend would use."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.shell.mqtt_connection import connector
from edge.shell.mqtt_settings import MqttSettings
from simulators.broker import Broker, start_broker
from tests.support.patience import PATIENCE_S

__all__ = ["Desk", "broker_of", "connect_to", "no_delay", "until"]


@contextlib.asynccontextmanager
async def broker_of(kind: str, folder: Path) -> AsyncIterator[Broker]:
    """A broker of `kind` (mosquitto, nats) on a free port, ended afterwards."""
    broker = await start_broker(folder, prefer=kind)
    try:
        assert broker.kind == kind
        yield broker
    finally:
        await broker.stop()


def connect_to(broker: Broker, **changes: Any) -> Any:
    """The service's own connection to `broker`."""
    settings: dict[str, Any] = {"host": broker.host, "port": broker.port, "client_id": "demo-01"}
    return connector(MqttSettings(**settings | changes))


async def until(condition: Callable[[], bool], within_s: float = PATIENCE_S, every_s: float = 0.01) -> None:
    """Poll until `condition` holds; real time."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(every_s)


def no_delay(client: paho.Client, _: Any, sock: Any) -> None:
    """For a client's `on_socket_open`: without it this end's packets wait for acknowledgements too."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Desk:
    """A plain paho client with 3.1.1, which every broker speaks; keeps what it hears."""

    def __init__(self, broker: Broker, name: str = "desk") -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self.on: Callable[[str, bytes], None] = lambda topic, payload: None
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2, name, clean_session=False, protocol=MQTTProtocolVersion.MQTTv311
        )
        self.client.on_message = self._on_message
        self.client.on_socket_open = no_delay
        self.client.on_connect = lambda c, *_: c.subscribe([(f, 1) for f in self._filters])
        self._subscribed = False
        self.client.on_subscribe = lambda *_: setattr(self, "_subscribed", True)
        self._filters: list[str] = []
        self._broker = broker

    async def __aenter__(self) -> Desk:
        return self

    async def listen(self, *filters: str) -> None:
        """Connect and subscribe; returns when the broker has granted it."""
        self._filters = list(filters)
        self.client.reconnect_delay_set(1, 1)
        self.client.connect(self._broker.host, self._broker.port)
        self.client.loop_start()
        await until(lambda: self._subscribed)

    async def __aexit__(self, *_: object) -> None:
        self.client.disconnect()
        await asyncio.to_thread(self.client.loop_stop)

    def _on_message(self, client: paho.Client, _: Any, message: paho.MQTTMessage) -> None:
        self.heard.append((message.topic, bytes(message.payload), message.retain))
        self.on(message.topic, bytes(message.payload))

    def payloads(self, suffix: str) -> list[bytes]:
        return [payload for topic, payload, _ in self.heard if topic.endswith(suffix)]

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.client.publish(topic, payload, 1, retain)

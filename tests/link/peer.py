"""A client of a broker with any certificate and any name, for tests of who may do what."""

from __future__ import annotations

import asyncio

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from simulators.broker_mutual import ClientFiles
from tests.link.brokers import no_delay, until

__all__ = ["Peer"]


class Peer:
    """A paho client that may be anybody; keeps what it hears and what it is told."""

    def __init__(self, files: ClientFiles | None, client_id: str, level: str, port: int) -> None:
        protocol = MQTTProtocolVersion.MQTTv5 if level == "5" else MQTTProtocolVersion.MQTTv311
        self.heard: list[tuple[str, bytes]] = []
        self.pubacks: dict[int, str] = {}
        self.granted: list[bool] = []
        self.connack: list[str] = []
        self.lost = 0
        self._port = port
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=protocol, reconnect_on_failure=False
        )
        self.client.on_socket_open = no_delay
        if files is not None:
            self.client.tls_set_context(files.context())
        self.client.on_connect = lambda c, u, f, code, p: self.connack.append(str(code))
        self.client.on_disconnect = lambda *_: setattr(self, "lost", self.lost + 1)
        self.client.on_message = lambda c, u, m: self.heard.append((m.topic, bytes(m.payload)))
        self.client.on_publish = lambda c, u, mid, code, p: self.pubacks.update({mid: str(code)})
        self.client.on_subscribe = lambda c, u, mid, codes, p: self.granted.extend(
            not code.is_failure for code in codes
        )

    async def __aenter__(self) -> Peer:
        self.client.connect("127.0.0.1", self._port)
        self.client.loop_start()
        await until(lambda: bool(self.connack))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.client.disconnect()
        await asyncio.to_thread(self.client.loop_stop)

    async def listen(self, *filters: str) -> list[bool]:
        """Subscribe with QoS 1; returns which were granted."""
        before = len(self.granted)
        self.client.subscribe([(filter_, 1) for filter_ in filters])
        await until(lambda: len(self.granted) == before + len(filters))
        return self.granted[before:]

    async def send(self, topic: str, payload: bytes = b"x", *, retain: bool = False) -> str:
        """Publish with QoS 1; returns the PUBACK's reason code."""
        mid = self.client.publish(topic, payload, 1, retain).mid
        await until(lambda: mid in self.pubacks)
        return self.pubacks[mid]

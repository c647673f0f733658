"""A station played by a script: publishes what it is told, keeps what the backend says."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import Callable
from typing import Any

from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.patience import PATIENCE_S


def fact(
    sequence: int, type_: str = "ph.door.changed.v1", station: str = "demo-01", **data: Any
) -> dict[str, Any]:
    """A CloudEvent as a station of tenant `demo` journals it."""
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{station}/{sequence}")),
        "source": f"urn:ph:demo:{station}",
        "type": type_,
        "subject": "station",
        "time": "2026-03-01T04:00:00.000Z",
        "recordedtime": "2026-03-01T04:00:00.001Z",
        "datacontenttype": "application/json",
        "dataschema": f"urn:ph:schema:{type_}",
        "sequence": f"{sequence:020d}",
        "dataclassification": "public",
        "bootid": "boot-1",
        "clockstate": "synced",
        "data": data or {"compartment": "a01", "door": "OPEN", "unlock": None},
    }


def deposited(sequence: int, parcel: str = "P-0001") -> dict[str, Any]:
    """The fact that a parcel is inside compartment A05 for three days."""
    return fact(
        sequence,
        "ph.parcel.deposited.v1",
        parcel=parcel,
        tracking_code="ED187244678CN",
        compartment="a05",
        compartment_number="A05",
        session="s-1",
        courier="1001",
        carrier="ems",
        code_nonce=0,
        expires_at_ms=1_772_596_800_000,  # 2026-03-04T04:00:00Z
        assurance="confirmed",
        upu="EDH",
        biz_step="storing",
        disposition="container_closed",
    )


class ScriptedStation:
    """One MQTT 3.1.1 client; `acks` are the acknowledgements heard, `commands` the payloads received.

    Entered, it is subscribed: a broker forwards nothing that was published before.
    """

    def __init__(self, host: str, port: int, station: str = "demo-01") -> None:
        self._address = (host, port)
        self._root = f"ph/1/demo/{station}"
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=station, protocol=MQTTv311)
        self._client.on_connect = self._connected
        self._client.on_message = self._message
        self._subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self.acks: list[int] = []
        self.last_ack: dict[str, Any] = {}
        self.commands: list[dict[str, Any]] = []
        self.on_command: Callable[[dict[str, Any]], None] | None = None

    def __enter__(self) -> ScriptedStation:
        self._client.connect(*self._address)
        self._client.loop_start()
        assert self._subscribed.wait(PATIENCE_S), "the broker granted no subscription"
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, event: dict[str, Any], topic: str | None = None) -> None:
        """Publish a fact on its topic (QoS 1)."""
        self.send(topic or f"evt/{event['type'].split('.')[1]}", json.dumps(event).encode())

    def send(self, below: str, payload: bytes, retain: bool = False) -> None:
        self._client.publish(f"{self._root}/{below}", payload, qos=1, retain=retain)

    def reply(self, command: dict[str, Any], result: str, error: str | None = None) -> None:
        """Answer a command at its reply address."""
        verb = command["type"].split(".")[2]
        event = fact(1, f"ph.rsp.{verb}.v1", command=command["id"], verb=verb, result=result)
        event["data"] |= {"error": error, "detail": None}
        del event["sequence"]
        self._client.publish(command["replyto"], json.dumps(event).encode(), qos=1)

    def _connected(self, *_: object) -> None:
        self._client.subscribe(
            [(f"{self._root}/{below}", 1) for below in ("ack/events", "cmd/#", "grants/#")]
        )

    def _message(self, _client: Client, _user: Any, message: MQTTMessage) -> None:
        data = json.loads(message.payload)
        if message.topic.endswith("/ack/events"):
            self.acks.append(data["sequence"])
            self.last_ack = data
            return
        self.commands.append(data)
        if self.on_command is not None:
            self.on_command(data)


async def until(condition: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
    """Return as soon as `condition` holds; TimeoutError otherwise."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)

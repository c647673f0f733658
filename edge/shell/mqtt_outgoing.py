"""What is on its way to the broker over one connection: so many in flight as it takes, the rest waiting.

Protocol facts: MQTT 5.0 (OASIS, 2019), section 3.3.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.shell.connection import ConnectionLost, Outgoing, PublishRefused
from edge.shell.mqtt_client import CONTENT_TYPE, properties_of

__all__ = ["MqttOutgoing"]

IN_FLIGHT_MAX: Final = 16
"""Publications without a PUBACK; a smaller Receive Maximum of the broker counts; mosquitto allows 20."""

WAITING_MAX: Final = 256
"""Publications waiting for a place in flight: the outbox window (64) and replies (32) with room to spare."""

PACKET_EXTRA_BYTES: Final = 128
"""Fixed header, lengths and the properties we set: content type, expiry, correlation."""


class MqttOutgoing:
    """Publications of one connection, in the order of the calls.  All methods belong to the loop's thread.

    `abort` cuts the line when paho takes no more.
    """

    def __init__(self, client: paho.Client, *, is_5: bool, abort: Callable[[], None]) -> None:
        self._client = client
        self._is_5 = is_5
        self._abort = abort
        self._loop = asyncio.get_running_loop()
        self._in_flight: dict[int, asyncio.Future[None]] = {}
        self._in_flight_max = IN_FLIGHT_MAX
        self._waiting: deque[tuple[Outgoing, asyncio.Future[None]]] = deque()
        self._packet_max_bytes: int | None = None
        self._lost: str | None = None

    def limit(self, receive_maximum: int | None, packet_max_bytes: int | None) -> None:
        """What the broker said in its CONNACK; None where it said nothing."""
        self._packet_max_bytes = packet_max_bytes
        if receive_maximum is not None:
            self._in_flight_max = min(IN_FLIGHT_MAX, receive_maximum)

    def publish(self, message: Outgoing) -> asyncio.Future[None]:
        """See `Connection.publish`."""
        future: asyncio.Future[None] = self._loop.create_future()
        if self._lost is not None:
            _fail(future, ConnectionLost(self._lost))
        elif message.qos == 0:
            self._client.publish(message.topic, message.payload, 0, message.retain, self._properties(message))
            future.set_result(None)
        elif self._packet_max_bytes is not None and _packet_bytes(message) > self._packet_max_bytes:
            # Sent nevertheless it would end the connection, and the next one, for ever.
            _fail(future, PublishRefused(f"the broker takes at most {self._packet_max_bytes} bytes"))
        elif len(self._waiting) >= WAITING_MAX:
            _fail(future, PublishRefused(f"{WAITING_MAX} messages wait already"))
        else:
            self._waiting.append((message, future))
            self._send_waiting()
        return future

    def _send_waiting(self) -> None:
        while self._waiting and len(self._in_flight) < self._in_flight_max:
            message, future = self._waiting.popleft()
            info = self._client.publish(
                message.topic, message.payload, 1, message.retain, self._properties(message)
            )
            if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
                _fail(future, ConnectionLost(paho.error_string(info.rc)))
                self._abort()
                return
            self._in_flight[info.mid] = future

    def _properties(self, message: Outgoing) -> Properties | None:
        if not self._is_5:
            return None
        properties = properties_of(PacketTypes.PUBLISH)
        properties.ContentType = CONTENT_TYPE
        properties.PayloadFormatIndicator = 1
        if message.expiry_s is not None:
            properties.MessageExpiryInterval = message.expiry_s
        if message.correlation is not None:
            properties.CorrelationData = message.correlation.encode()
        return properties

    def published(self, mid: int, code: ReasonCode) -> None:
        """A PUBACK came."""
        future = self._in_flight.pop(mid, None)
        if future is not None and not future.done():
            if code.is_failure:
                _fail(future, PublishRefused(str(code)))
            else:
                future.set_result(None)
        self._send_waiting()

    @property
    def pending(self) -> list[asyncio.Future[None]]:
        """What is not acknowledged yet."""
        return [*self._in_flight.values(), *(future for _, future in self._waiting)]

    def lose(self, reason: str) -> None:
        """The connection is over: whether what is pending arrived is not known, and nothing more is sent."""
        self._lost = reason
        for future in self.pending:
            _fail(future, ConnectionLost(reason))
        self._in_flight.clear()
        self._waiting.clear()


def _fail(future: asyncio.Future[None], error: Exception) -> None:
    """Fail `future`; nobody has to look at it, the connection's end is told by `closed` as well."""
    if not future.done():
        future.set_exception(error)
        future.exception()


def _packet_bytes(message: Outgoing) -> int:
    """At least the size of the PUBLISH packet."""
    return len(message.topic) + len(message.payload) + PACKET_EXTRA_BYTES

"""The backend's MQTT connection: paho behind an asyncio face; MQTT 5, or 3.1.1 where the broker speaks no 5.

paho's thread only posts into the loop.  Connects for ever with back-off.
Nothing is queued while disconnected: what matters is sent again by its owner
(acknowledgements on connect, commands until they are answered).
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

from paho.mqtt.client import Client, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

__all__ = ["BackendMqtt", "Received"]

KEEP_ALIVE_S: Final = 30
CONNECT_WITHIN_S: Final = 5.0
BACKOFF_MIN_S: Final = 0.1
BACKOFF_MAX_S: Final = 2.0
"""An operator at the console waits for the link to come back; one backend cannot be a storm."""

SESSION_EXPIRY_S: Final = 3_600
"""The broker keeps facts for a backend that restarts; stations send again whatever it does not keep."""

MAX_WAITING: Final = 20_000
"""Messages taken from the broker and not yet handled.  Beyond it they are shed: stations send facts again."""

_UNSUPPORTED_VERSION: Final = frozenset({"Unsupported protocol version", "Unacceptable protocol version"})

_log = logging.getLogger(__name__)


class Received:
    """One message from the broker."""

    __slots__ = ("payload", "retained", "topic")

    def __init__(self, topic: str, payload: bytes, retained: bool) -> None:
        self.topic = topic
        self.payload = payload
        self.retained = retained


class BackendMqtt:
    """One connection that lives for ever between `start` and `stop`.

    `subscriptions(version)` gives topic and QoS pairs for MQTT version "5" or
    "3.1.1".  `places` are host and port of each node of the broker, tried in
    turn.  `on_message` and `on_up` run in the loop; `version` is "" while
    the link is down.
    """

    def __init__(
        self,
        places: Sequence[tuple[str, int]],
        client_id: str,
        subscriptions: Callable[[str], list[tuple[str, int]]],
        on_message: Callable[[Received], None],
        on_up: Callable[[], None],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._places = tuple(places)
        self._at = 0
        self._tls = tls
        self._client_id = client_id
        self._subscriptions = subscriptions
        self._on_message = on_message
        self._on_up = on_up
        self._protocol = MQTTv5
        self._settled = False  # once a version worked, it is kept
        self._client: Client | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiting: deque[Received] = deque()  # appended by paho's thread, emptied by the loop
        self._loop: asyncio.AbstractEventLoop | None = None
        self.version = ""
        self.shed = 0
        self.connections = 0

    async def start(self) -> None:
        """Begin connecting; returns at once."""
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._run(), name="backend-mqtt")

    async def stop(self) -> None:
        """Leave the broker in good order."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, expires_in_s: float | None = None
    ) -> bool:
        """Hand a QoS 1 message to the broker; False while the link is down (nothing is kept)."""
        if self._client is None or not self.version:
            return False
        properties = None
        if self.version == "5" and expires_in_s is not None:
            properties = _properties(PacketTypes.PUBLISH)
            properties.MessageExpiryInterval = max(1, round(expires_in_s))
        return self._client.publish(topic, payload, qos=1, retain=retain, properties=properties).rc == 0

    async def _run(self) -> None:
        backoff_s = BACKOFF_MIN_S
        while True:
            was_up = await self._one_connection()
            backoff_s = BACKOFF_MIN_S if was_up else min(backoff_s * 2, BACKOFF_MAX_S)
            await asyncio.sleep(backoff_s)

    async def _one_connection(self) -> bool:
        """Connect, stay until it breaks; True when it was up at all."""
        loop = asyncio.get_running_loop()
        up: asyncio.Future[str] = loop.create_future()
        down = asyncio.Event()
        subscribed = asyncio.Event()
        client = self._make(up, down, subscribed)
        try:
            await loop.run_in_executor(None, self._dial, client)
        except OSError:
            self._at += 1
            return False
        client.loop_start()
        try:
            refused = await asyncio.wait_for(up, CONNECT_WITHIN_S)
            if refused:
                self._at += self._settled  # until then it may only be the wrong version of MQTT
                level = logging.DEBUG if refused in _UNSUPPORTED_VERSION else logging.WARNING
                _log.log(level, "broker refused the backend: %s", refused)
                return False
            self._settled = True
            client.subscribe(self._subscriptions(self._spoken))
            # Up means subscribed: a broker forwards nothing published before, and nats takes its time.
            await asyncio.wait_for(_first_of(subscribed, down), CONNECT_WITHIN_S)
            self._came_up(client)
            await down.wait()
            return True
        except TimeoutError:
            self._at += 1
            return False
        finally:
            self.version = ""
            self._client = None
            client.disconnect()
            await asyncio.shield(loop.run_in_executor(None, client.loop_stop))

    def _make(self, up: asyncio.Future[str], down: asyncio.Event, subscribed: asyncio.Event) -> Client:
        loop = asyncio.get_running_loop()
        five = self._protocol == MQTTv5
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._client_id,
            protocol=self._protocol,
            clean_session=None if five else False,
            reconnect_on_failure=False,
        )
        client.max_inflight_messages_set(64)
        if self._tls is not None:
            client.tls_set_context(self._tls)

        def answered(_client: Client, _user: Any, _flags: Any, reason: ReasonCode, _props: Any) -> None:
            loop.call_soon_threadsafe(self._answered, up, reason)

        def lost(_client: Client, _user: Any, _flags: Any, _reason: ReasonCode, _props: Any) -> None:
            loop.call_soon_threadsafe(self._lost, up, down)

        def message(_client: Client, _user: Any, received: MQTTMessage) -> None:
            self._post(Received(received.topic, bytes(received.payload), received.retain))

        def answered_subscription(
            _client: Client, _user: Any, _mid: int, codes: list[ReasonCode], _props: Any
        ) -> None:
            _log_refusals(codes)
            loop.call_soon_threadsafe(subscribed.set)

        client.on_connect = answered
        client.on_disconnect = lost
        client.on_message = message
        client.on_subscribe = answered_subscription
        client.on_socket_open = _no_delay
        return client

    def _dial(self, client: Client) -> None:
        host, port = self._places[self._at % len(self._places)]
        if self._protocol != MQTTv5:
            client.connect(host, port, KEEP_ALIVE_S)
            return
        properties = _properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        properties.ReceiveMaximum = 64
        client.connect(host, port, KEEP_ALIVE_S, clean_start=False, properties=properties)

    def _answered(self, up: asyncio.Future[str], reason: ReasonCode) -> None:
        if up.done():
            return
        refused = str(reason) if reason.is_failure else ""
        if refused in _UNSUPPORTED_VERSION:
            self._other_version()
        up.set_result(refused)

    def _lost(self, up: asyncio.Future[str], down: asyncio.Event) -> None:
        if not up.done():
            self._other_version()  # a broker without MQTT 5 may simply close the connection
            up.set_result("closed before it answered")
        down.set()

    def _other_version(self) -> None:
        if not self._settled:
            self._protocol = MQTTv311 if self._protocol == MQTTv5 else MQTTv5

    @property
    def _spoken(self) -> str:
        return "5" if self._protocol == MQTTv5 else "3.1.1"

    def _came_up(self, client: Client) -> None:
        self._client = client
        self.version = self._spoken
        self.connections += 1
        self._on_up()

    def _post(self, received: Received) -> None:
        """Called by paho's thread."""
        assert self._loop is not None
        if len(self._waiting) >= MAX_WAITING:
            self.shed += 1
            return
        self._waiting.append(received)
        self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._on_message(self._waiting.popleft())


def _properties(packet_type: int) -> Properties:
    return Properties(packet_type)  # type: ignore[no-untyped-call]  # paho leaves this constructor untyped


async def _first_of(*events: asyncio.Event) -> None:
    """Return when one of `events` is set."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()


def _log_refusals(codes: list[ReasonCode]) -> None:
    """A refused subscription is silent otherwise, and nothing would ever arrive."""
    for code in codes:
        if code.is_failure:
            _log.error("broker refused a subscription of the backend: %s", code)


def _no_delay(_client: Client, _user: Any, opened: Any) -> None:
    """Without TCP_NODELAY a QoS 1 exchange waits 40 ms for the peer's delayed acknowledgement."""
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

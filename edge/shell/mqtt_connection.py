"""A connection to an MQTT broker: one paho client object that lives once.

paho's own network thread does the socket work and only posts into the loop.
Nothing of paho's resending, reconnecting or queueing across connections is
used: each attempt makes a fresh client, and the link knows what is unsent.

Protocol facts: MQTT 5.0 (OASIS, 2019) and MQTT 3.1.1 (OASIS, 2014).
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, TypeVar

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.shell.connection import (
    Connect,
    ConnectFailed,
    Connection,
    ConnectionLost,
    Hello,
    Incoming,
    Outgoing,
    PublishRefused,
)
from edge.shell.in_turn import InTurn
from edge.shell.mqtt_settings import MqttSettings, TlsFiles, is_tls_refusal, said_no, tls_context

__all__ = ["MqttDialler", "MqttSettings", "TlsFiles", "connector"]

CONNECT_TIMEOUT_S: Final = 10.0
"""For the TCP and TLS handshake, and again for CONNACK: a GSM link may need several seconds for each."""

LEAVE_TIMEOUT_S: Final = 3.0
"""For the last messages and DISCONNECT when leaving; within what a service manager grants for stopping."""

SUBSCRIBE_TIMEOUT_S: Final = 20.0
"""For SUBACK; NATS needs 30 ms a subscription, a slow link seconds."""

SESSION_EXPIRY_S: Final = 7 * 86_400
"""How long the broker keeps subscriptions and undelivered commands of a station that is away."""

RECEIVE_MAXIMUM: Final = 32
"""Commands the broker may have under way to us; bounds the loop's inbox together with acknowledging late."""

IN_FLIGHT_MAX: Final = 16
"""Publications without a PUBACK; a smaller Receive Maximum of the broker counts; mosquitto allows 20."""

WAITING_MAX: Final = 256
"""Publications waiting for a place in flight: the outbox window (64) and replies (32) with room to spare."""

INBOX_MAX: Final = 256
"""Messages posted into the loop and not yet handled; more can only be a flood of QoS 0, and are dropped."""

MAX_PACKET_BYTES: Final = 256 * 1024
"""Larger messages are not sent to us by an MQTT 5 broker; the largest legal command takes 16 kB."""

FALLBACK_KEPT_S: Final = 3_600.0
"""How long a broker that refused MQTT 5 is not asked again; an upgraded one is noticed within the hour."""

PACKET_EXTRA_BYTES: Final = 128
"""Fixed header, lengths and the properties we set: content type, expiry, correlation."""

_UNSUPPORTED_VERSION: Final = 0x84
_CONTENT_TYPE: Final = "application/cloudevents+json"

_log = logging.getLogger(__name__)
_T = TypeVar("_T")


def connector(settings: MqttSettings) -> Connect:
    """What makes connections to the broker of `settings`; one for the life of the link."""
    if not settings.alternates:
        return MqttDialler(settings)
    places = ((settings.host, settings.port), *settings.alternates)
    return InTurn([MqttDialler(replace(settings, host=h, port=p, alternates=())) for h, p in places])


class MqttDialler:
    """`edge.shell.connection.Connect` for one broker; remembers for an hour that it speaks 3.1.1 only."""

    def __init__(self, settings: MqttSettings) -> None:
        self._settings = settings
        self._old_until_s = float("-inf")

    async def __call__(self, hello: Hello) -> Connection:
        """See `Connect`."""
        if self._settings.protocol == "5":
            return await self._dial(MQTTProtocolVersion.MQTTv5, hello)
        now_s = asyncio.get_running_loop().time()
        if self._settings.protocol == "3.1.1" or now_s < self._old_until_s:
            return await self._dial(MQTTProtocolVersion.MQTTv311, hello)
        try:
            return await self._dial(MQTTProtocolVersion.MQTTv5, hello)
        except _VersionRefused as error:
            connection = await self._dial(MQTTProtocolVersion.MQTTv311, hello)
            _log.info("%s: MQTT 5 was refused (%s), using 3.1.1", self._settings.host, error)
            self._old_until_s = now_s + FALLBACK_KEPT_S
            return connection

    async def _dial(self, version: MQTTProtocolVersion, hello: Hello) -> Connection:
        connection = _MqttConnection(self._settings, version, hello)
        await connection.open()
        return connection


class _VersionRefused(ConnectFailed):
    """The broker said no to the protocol version, or hung up at CONNECT as old brokers do."""


class _Client(paho.Client):
    """paho, telling also of the end of its thread: a malformed packet ends it without any callback."""

    ended: Callable[[], None]

    def loop_forever(self, timeout: float = 1.0, retry_first_connection: bool = False) -> MQTTErrorCode:
        """Run the network loop (called by paho's thread) until this one connection is over."""
        try:
            return super().loop_forever(timeout, retry_first_connection)
        finally:
            self.ended()


class _MqttConnection:
    """See `edge.shell.connection.Connection`."""

    def __init__(self, settings: MqttSettings, version: MQTTProtocolVersion, hello: Hello) -> None:
        self._settings = settings
        self._version = version
        self._hello = hello
        self._loop = asyncio.get_running_loop()
        self._closed: asyncio.Future[str] = self._loop.create_future()
        self._connack: asyncio.Future[ReasonCode] = self._loop.create_future()
        self._in_flight: dict[int, asyncio.Future[None]] = {}
        self._in_flight_max = IN_FLIGHT_MAX
        self._waiting: deque[tuple[Outgoing, asyncio.Future[None]]] = deque()
        self._subacks: dict[int, asyncio.Future[list[ReasonCode]]] = {}
        self._abandoned = False
        self._session_kept = False
        self._packet_max_bytes: int | None = None
        self._line_error = ""
        self._inbox = 0
        self._overflowed = False
        self._inbox_lock = threading.Lock()
        self._client = self._make_client()

    @property
    def description(self) -> str:
        """See `Connection.description`."""
        name = "5" if self._is_5 else "3.1.1"
        return f"{self._settings.host}:{self._settings.port} (MQTT {name})"

    @property
    def closed(self) -> asyncio.Future[str]:
        """See `Connection.closed`."""
        return self._closed

    @property
    def session_kept(self) -> bool:
        """See `Connection.session_kept`."""
        return self._session_kept

    @property
    def _is_5(self) -> bool:
        return self._version == MQTTProtocolVersion.MQTTv5

    # --- opening -----------------------------------------------------------------

    def _make_client(self) -> _Client:
        settings = self._settings
        client = _Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            clean_session=None if self._is_5 else False,
            protocol=self._version,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        # Without bounds: `_send_waiting` keeps them, because it knows the broker's Receive Maximum.
        client.max_inflight_messages_set(0)
        client.max_queued_messages_set(0)
        if settings.username is not None:
            client.username_pw_set(settings.username, settings.password)
        will = self._hello.will
        client.will_set(
            will.topic,
            will.payload,
            will.qos,
            will.retain,
            properties=self._will_properties() if self._is_5 else None,
        )
        client.ended = lambda: self._post(self._end, "the network thread ended")
        client.on_socket_open = _no_delay
        client.on_log = self._on_log
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    def _will_properties(self) -> Properties:
        properties = _properties(PacketTypes.WILLMESSAGE)
        properties.WillDelayInterval = self._hello.will_delay_s
        properties.ContentType = _CONTENT_TYPE
        properties.PayloadFormatIndicator = 1
        return properties

    async def open(self) -> None:
        """Connect and wait for CONNACK.  Raises ConnectFailed; leaves nothing connected when cancelled."""
        try:
            await self._open()
        except BaseException:
            self._abandoned = True
            self.abort()
            raise

    async def _open(self) -> None:
        try:
            await self._in_thread(self._connect)
        except (OSError, ValueError) as error:
            raise ConnectFailed(f"{self.description}: {error}", refused=is_tls_refusal(error)) from error
        self._client.loop_start()
        await asyncio.wait(
            (self._connack, self._closed), timeout=CONNECT_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED
        )
        if not self._connack.done():
            reason = (
                self._closed.result() if self._closed.done() else f"no CONNACK in {CONNECT_TIMEOUT_S:g} s"
            )
            if said_no(self._line_error):
                # With TLS 1.3 the broker looks at our certificate after our side of the handshake is over.
                raise ConnectFailed(f"{self.description}: {self._line_error}", refused=True)
            failure = _VersionRefused if self._is_5 and self._closed.done() else ConnectFailed
            raise failure(f"{self.description}: {reason}")
        code = self._connack.result()
        if code.is_failure:
            failure = _VersionRefused if code.value == _UNSUPPORTED_VERSION else ConnectFailed
            raise failure(f"{self.description}: {code}", refused=True)

    def _connect(self) -> None:
        if self._settings.tls is not None:
            # Read for each connection: a renewed certificate is used from the next one on.
            self._client.tls_set_context(tls_context(self._settings.tls))
        self._send_connect()
        if self._abandoned:
            self.abort()

    def _send_connect(self) -> None:
        if not self._is_5:
            self._client.connect(self._settings.host, self._settings.port, self._settings.keepalive_s)
            return
        properties = _properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        properties.MaximumPacketSize = MAX_PACKET_BYTES
        self._client.connect(
            self._settings.host,
            self._settings.port,
            self._settings.keepalive_s,
            clean_start=False,
            properties=properties,
        )

    def _in_thread(self, work: Callable[[], _T]) -> asyncio.Future[_T]:
        """Run `work` on a thread of its own: name resolution may hang, and exit must not wait for it."""
        future: asyncio.Future[_T] = self._loop.create_future()

        def settle(result: _T | None, error: BaseException | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]  # None only where _T is None

        def run() -> None:
            try:
                result = work()
            except Exception as error:
                self._post(settle, None, error)
            else:
                self._post(settle, result, None)

        threading.Thread(target=run, name="mqtt-connect", daemon=True).start()
        return future

    # --- using ---------------------------------------------------------------------

    def publish(self, message: Outgoing) -> asyncio.Future[None]:
        """See `Connection.publish`."""
        future: asyncio.Future[None] = self._loop.create_future()
        if self._closed.done():
            _fail(future, ConnectionLost(self._closed.result()))
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
                self.abort()
                return
            self._in_flight[info.mid] = future

    def _properties(self, message: Outgoing) -> Properties | None:
        if not self._is_5:
            return None
        properties = _properties(PacketTypes.PUBLISH)
        properties.ContentType = _CONTENT_TYPE
        properties.PayloadFormatIndicator = 1
        if message.expiry_s is not None:
            properties.MessageExpiryInterval = message.expiry_s
        if message.correlation is not None:
            properties.CorrelationData = message.correlation.encode()
        return properties

    async def subscribe(self, filters: Sequence[str]) -> None:
        """See `Connection.subscribe`."""
        if self._is_5:
            rc, mid = self._client.subscribe([(f, SubscribeOptions(qos=1)) for f in filters])
        else:
            rc, mid = self._client.subscribe([(f, 1) for f in filters])
        if rc != MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
            raise ConnectionLost(paho.error_string(rc))
        answer: asyncio.Future[list[ReasonCode]] = self._loop.create_future()
        self._subacks[mid] = answer
        await asyncio.wait(
            (answer, self._closed), timeout=SUBSCRIBE_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED
        )
        if not answer.done():
            raise ConnectionLost(f"no SUBACK within {SUBSCRIBE_TIMEOUT_S:g} s")
        for filter_, code in zip(filters, answer.result(), strict=False):
            if code.is_failure:
                raise PublishRefused(f"subscription to {filter_}: {code}")

    async def close(self) -> None:
        """See `Connection.close`."""
        pending = [*self._in_flight.values(), *(future for _, future in self._waiting)]
        if pending:
            await asyncio.wait(pending, timeout=LEAVE_TIMEOUT_S)
        self._client.disconnect()
        await asyncio.wait((self._closed,), timeout=LEAVE_TIMEOUT_S)
        self.abort()

    def abort(self) -> None:
        """See `Connection.abort`."""
        connected = self._client.socket()
        if isinstance(connected, socket.socket):
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

    # --- on paho's thread: post and nothing else -------------------------------------

    def _post(self, work: Callable[..., None], *args: Any) -> None:
        # The loop may be gone when the process stops while a thread still hangs.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(work, *args)

    def _on_connect(
        self,
        client: paho.Client,
        _: Any,
        flags: paho.ConnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        client.on_log = None
        maximum = getattr(properties, "ReceiveMaximum", None)
        packet_max_bytes = getattr(properties, "MaximumPacketSize", None)
        self._post(self._connected, code, flags.session_present, maximum, packet_max_bytes)

    def _on_log(self, client: paho.Client, _: Any, level: int, text: str) -> None:
        """Until CONNACK: why the line broke is told nowhere else."""
        if level == paho.MQTT_LOG_ERR:
            self._line_error = text

    def _on_disconnect(
        self,
        client: paho.Client,
        _: Any,
        flags: paho.DisconnectFlags,
        code: ReasonCode,
        __: Properties | None,
    ) -> None:
        self._post(self._end, str(code))

    def _on_publish(
        self, client: paho.Client, _: Any, mid: int, code: ReasonCode, __: Properties | None
    ) -> None:
        self._post(self._published, mid, code)

    def _on_subscribe(
        self, client: paho.Client, _: Any, mid: int, codes: list[ReasonCode], __: Properties | None
    ) -> None:
        self._post(self._subscribed, mid, codes)

    def _on_message(self, client: paho.Client, _: Any, message: paho.MQTTMessage) -> None:
        with self._inbox_lock:
            full = self._inbox >= INBOX_MAX
            if not full:
                self._inbox += 1
        if full:
            client.ack(message.mid, message.qos)
            if not self._overflowed:
                self._overflowed = True
                _log.warning("%d messages wait for the loop; what comes on top is dropped", INBOX_MAX)
            return
        try:
            incoming = Incoming(message.topic, bytes(message.payload), bool(message.retain))
        except UnicodeDecodeError:
            incoming = Incoming("", b"", False)
        self._post(self._arrived, incoming, message.mid, message.qos)

    # --- back on the loop --------------------------------------------------------------

    def _connected(
        self, code: ReasonCode, kept: bool, receive_maximum: int | None, packet_max_bytes: int | None
    ) -> None:
        self._session_kept = kept
        self._packet_max_bytes = packet_max_bytes
        if receive_maximum is not None:
            self._in_flight_max = min(IN_FLIGHT_MAX, receive_maximum)
        if not self._connack.done():
            self._connack.set_result(code)

    def _published(self, mid: int, code: ReasonCode) -> None:
        future = self._in_flight.pop(mid, None)
        if future is not None and not future.done():
            if code.is_failure:
                _fail(future, PublishRefused(str(code)))
            else:
                future.set_result(None)
        self._send_waiting()

    def _subscribed(self, mid: int, codes: list[ReasonCode]) -> None:
        answer = self._subacks.pop(mid, None)
        if answer is not None and not answer.done():
            answer.set_result(codes)

    def _arrived(self, message: Incoming, mid: int, qos: int) -> None:
        with self._inbox_lock:
            self._inbox -= 1
        if self._closed.done():
            return
        self._hello.on_message(message)
        self._client.ack(mid, qos)

    def _end(self, reason: str) -> None:
        if self._closed.done():
            return
        self._closed.set_result(reason)
        lost = ConnectionLost(reason)
        for future in (*self._in_flight.values(), *(f for _, f in self._waiting)):
            _fail(future, lost)
        self._in_flight.clear()
        self._waiting.clear()


def _fail(future: asyncio.Future[None], error: Exception) -> None:
    """Fail `future`; nobody has to look at it, the connection's end is told by `closed` as well."""
    if not future.done():
        future.set_exception(error)
        future.exception()


def _packet_bytes(message: Outgoing) -> int:
    """At least the size of the PUBLISH packet (MQTT 5, section 3.3)."""
    return len(message.topic) + len(message.payload) + PACKET_EXTRA_BYTES


def _properties(packet_type: int) -> Properties:
    return Properties(packet_type)  # type: ignore[no-untyped-call]  # paho has no annotation here


def _no_delay(client: paho.Client, _: Any, sock: Any) -> None:
    """Nagle's algorithm with delayed acknowledgements costs 44 ms a reply."""
    with suppress(OSError, AttributeError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

"""The paho client of one connection: how it is made, and the CONNECT it sends.

Protocol facts: MQTT 5.0 (OASIS, 2019) and MQTT 3.1.1 (OASIS, 2014).
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.shell.connection import Hello
from edge.shell.mqtt_settings import MqttSettings

__all__ = ["CONTENT_TYPE", "MqttClient", "make_client", "properties_of", "send_connect"]

SESSION_EXPIRY_S: Final = 7 * 86_400
"""How long the broker keeps subscriptions and undelivered commands of a station that is away."""

RECEIVE_MAXIMUM: Final = 32
"""Commands the broker may have under way to us; bounds the loop's inbox together with acknowledging late."""

MAX_PACKET_BYTES: Final = 256 * 1024
"""Larger messages are not sent to us by an MQTT 5 broker; the largest legal command takes 16 kB."""

CONTENT_TYPE: Final = "application/cloudevents+json"


class MqttClient(paho.Client):
    """paho, telling also of the end of its thread: a malformed packet ends it without any callback."""

    ended: Callable[[], None]

    def loop_forever(self, timeout: float = 1.0, retry_first_connection: bool = False) -> MQTTErrorCode:
        """Run the network loop (called by paho's thread) until this one connection is over."""
        try:
            return super().loop_forever(timeout, retry_first_connection)
        finally:
            self.ended()


def make_client(settings: MqttSettings, version: MQTTProtocolVersion, hello: Hello) -> MqttClient:
    """A client with its will, not connected; its callbacks and `ended` are the connection's to set."""
    is_5 = version == MQTTProtocolVersion.MQTTv5
    client = MqttClient(
        CallbackAPIVersion.VERSION2,
        client_id=settings.client_id,
        clean_session=None if is_5 else False,
        protocol=version,
        reconnect_on_failure=False,
        manual_ack=True,
    )
    # Without bounds: `MqttOutgoing` keeps them, because it knows the broker's Receive Maximum.
    client.max_inflight_messages_set(0)
    client.max_queued_messages_set(0)
    if settings.username is not None:
        client.username_pw_set(settings.username, settings.password)
    will = hello.will
    client.will_set(
        will.topic,
        will.payload,
        will.qos,
        will.retain,
        properties=_will_properties(hello) if is_5 else None,
    )
    client.on_socket_open = _no_delay
    return client


def _will_properties(hello: Hello) -> Properties:
    properties = properties_of(PacketTypes.WILLMESSAGE)
    properties.WillDelayInterval = hello.will_delay_s
    properties.ContentType = CONTENT_TYPE
    properties.PayloadFormatIndicator = 1
    return properties


def send_connect(client: MqttClient, settings: MqttSettings, version: MQTTProtocolVersion) -> None:
    """Resolve, open the socket and send CONNECT.  Blocks; raises OSError and ValueError."""
    if version != MQTTProtocolVersion.MQTTv5:
        client.connect(settings.host, settings.port, settings.keepalive_s)
        return
    properties = properties_of(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = SESSION_EXPIRY_S
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    properties.MaximumPacketSize = MAX_PACKET_BYTES
    client.connect(
        settings.host, settings.port, settings.keepalive_s, clean_start=False, properties=properties
    )


def properties_of(packet_type: int) -> Properties:
    """No properties yet, for a packet of this type."""
    return Properties(packet_type)  # type: ignore[no-untyped-call]  # paho has no annotation here


def _no_delay(client: paho.Client, _: Any, sock: Any) -> None:
    """Nagle's algorithm with delayed acknowledgements costs 44 ms a reply."""
    with suppress(OSError, AttributeError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

"""The contract as one AsyncAPI 3.0 document (docs/contract/asyncapi.yaml), complete in itself.

Source: AsyncAPI Specification 3.0.0, sections "Channel Object", "Operation
Object" and "Message Object"; MQTT bindings 0.2.0.
"""

from __future__ import annotations

from typing import Any, Final

from edge.contract.channels import Channel, channels
from edge.contract.examples import example_message
from edge.contract.schemas import components
from edge.core.events import EVENT_TYPES
from edge.shell.messages import CONTRACT_VERSION, MESSAGE_TYPES

__all__ = ["as_yaml", "document"]

_CLOUD_EVENT: Final = "application/cloudevents+json"
_PLAIN: Final = "application/json"
_BINDING: Final = "0.2.0"

_DESCRIPTION: Final = """\
Self-service parcel lockers and depot benches, each a station that speaks MQTT with its carrier's backend. \
README.md beside this file says what both sides must do; this document says what the messages are."""

_PARAMETERS: Final = {
    "tenant": "The carrier: 1 to 36 of a-z, 0-9 and -.",
    "station": "The station: 1 to 36 of a-z, 0-9 and -.",
    "service": "One to four levels of A-Z a-z 0-9 _ . - that the backend chose in `replyto`.",
    "id": "The id of the job: 1 to 64 of A-Z a-z 0-9 and -.",
}


def as_yaml() -> str:
    """The document's text.  Raises RuntimeError without PyYAML, which is no part of a running station."""
    try:
        import yaml
    except ImportError as error:
        raise RuntimeError(
            "PyYAML is needed to write the contract: pip install 'pigeonhole[contract]'"
        ) from error

    class Plain(yaml.SafeDumper):
        """Writes everything out: an integrator reads no anchors."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    head = "# Written by `pigeonhole contract` from the types that are sent.  Do not edit.\n"
    return head + yaml.dump(document(), Dumper=Plain, sort_keys=False, allow_unicode=True, width=110)


def document() -> dict[str, Any]:
    """The document as plain objects."""
    rows = channels()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Pigeonhole station",
            "version": CONTRACT_VERSION,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": _CLOUD_EVENT,
        "servers": {"broker": _server()},
        "channels": {row.key: _channel(row) for row in rows} | {"commandReplies": _reply_channel()},
        "operations": {_operation_key(row): _operation(row) for row in rows},
        "components": _components(rows),
    }


def _server() -> dict[str, Any]:
    return {
        "host": "broker.example.com:8883",
        "protocol": "secure-mqtt",
        "protocolVersion": "5",
        "description": "MQTT 5, or 3.1.1 with nothing lost: what a consumer needs is in the JSON.",
        "security": [{"$ref": "#/components/securitySchemes/certificate"}],
        "bindings": {
            "mqtt": {
                "cleanSession": False,
                "lastWill": {"topic": "ph/1/{tenant}/{station}/state/presence", "qos": 1, "retain": True},
                "keepAlive": 30,
                "sessionExpiryInterval": 604_800,
                "maximumPacketSize": 262_144,
                "bindingVersion": _BINDING,
            }
        },
    }


def _channel(row: Channel) -> dict[str, Any]:
    names = [part[1:-1] for part in row.address.split("/") if part.startswith("{")]
    return {
        "address": row.address,
        "description": row.note,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in row.messages},
        "parameters": {name: {"$ref": f"#/components/parameters/{name}"} for name in names},
    }


def _reply_channel() -> dict[str, Any]:
    return {
        "address": None,
        "description": "Where a command's `replyto` points: a topic under the station's own rsp/.",
        "messages": {"ph.rsp.v1": {"$ref": "#/components/messages/ph.rsp.v1"}},
    }


def _operation_key(row: Channel) -> str:
    return f"{'send' if row.direction == 'sent' else 'receive'}-{row.key}"


def _operation(row: Channel) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "action": "send" if row.direction == "sent" else "receive",
        "channel": {"$ref": f"#/channels/{row.key}"},
        "summary": row.note,
        "messages": [{"$ref": f"#/channels/{row.key}/messages/{name}"} for name in row.messages],
        "bindings": {"mqtt": {"qos": row.qos, "retain": row.retained, "bindingVersion": _BINDING}},
    }
    if row.messages[0].startswith("ph.cmd."):
        operation["reply"] = {
            "address": {"location": "$message.payload#/replyto"},
            "channel": {"$ref": "#/channels/commandReplies"},
            "messages": [{"$ref": "#/channels/commandReplies/messages/ph.rsp.v1"}],
        }
    return operation


def _components(rows: tuple[Channel, ...]) -> dict[str, Any]:
    schemas = components("#/components/schemas/{name}")
    used = dict.fromkeys(name for row in rows for name in row.messages)
    return {
        "messages": {name: _message(name) for name in used},
        "parameters": {name: {"description": text} for name, text in _PARAMETERS.items()},
        "schemas": schemas,
        "securitySchemes": {
            "certificate": {"type": "X509", "description": "Mutual TLS: the certificate names the station."}
        },
    }


def _message(name: str) -> dict[str, Any]:
    type_ = EVENT_TYPES.get(name) or MESSAGE_TYPES[name]
    data = {"$ref": f"#/components/schemas/{name}"}
    plain = name == "ack"
    return {
        "name": name,
        "title": name,
        "summary": (type_.__doc__ or "").partition("\n")[0],
        "contentType": _PLAIN if plain else _CLOUD_EVENT,
        "payload": data if plain else _event_payload(name, data),
        "examples": [{"name": name.replace(".", "-"), "payload": example_message(name)}],
    }


def _event_payload(name: str, data: dict[str, str]) -> dict[str, Any]:
    """The envelope with its `data`; a reply is typed by its verb, all else by the schema's name."""
    around = "command" if name.startswith("ph.cmd.") else "envelope"
    fixed = {} if name == "ph.rsp.v1" else {"type": {"const": name}}
    return {
        "allOf": [
            {"$ref": f"#/components/schemas/{around}"},
            {"type": "object", "properties": {**fixed, "data": data}},
        ]
    }

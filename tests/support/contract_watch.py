"""Holds every message of every test to the published document, docs/contract/asyncapi.yaml, on both ends.

A station's end: what a `Link` publishes, its will included, must keep the
document; a command it accepts must keep it, and one that keeps it must not be
refused as malformed.  The backend's end: what the miniature backend publishes
must keep it, and so must what it is sent, unless the test is marked
`breaks_contract` because its scripted station breaks it on purpose.

Works from the document alone and checks with a library of its own
(jsonschema-rs), so that neither end's code is part of the judgement.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import yaml

from edge.shell.commands import CommandParser, Refusal
from edge.shell.connection import Connect, Connection, Hello, Outgoing
from edge.shell.link import Link
from simulators.backend_mqtt import BackendMqtt, Received

__all__ = ["WATCH", "Document", "Watch", "install"]

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "contract" / "asyncapi.yaml"

MAX_FINDINGS: Final = 20
"""A broken message kind breaks every message; the first tell what is wrong."""


class Document:
    """The document's channels as what may be on each topic."""

    def __init__(self, path: Path) -> None:
        # libyaml where there is one: the pure loader takes two seconds.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self._document: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
        self._channels = [
            (_pattern(channel["address"]), key)
            for key, channel in self._document["channels"].items()
            if channel["address"] is not None
        ]
        self._validators: dict[str, Any] = {}

    def faults(self, topic: str, payload: bytes) -> list[str]:
        """What is wrong with this message on this topic; empty when it keeps the document."""
        key = next((key for pattern, key in self._channels if pattern.fullmatch(topic)), None)
        if key is None:
            return [f"{topic}: no such channel"]
        try:
            message = json.loads(payload)
        except ValueError as error:
            return [f"{topic}: not JSON: {error}"]
        name = self._message_name(key, message)
        if name is None:
            shown = message.get("type") if isinstance(message, dict) else message
            return [f"{topic}: {str(shown)[:100]} is no message of {key}"]
        return [
            f"{topic}: {name}: {'/'.join(map(str, error.instance_path))}: {error.message[:200]}"
            for error in self._validator(name).iter_errors(message)
        ]

    def _message_name(self, key: str, message: Any) -> str | None:
        names = list(self._document["channels"][key]["messages"])
        if len(names) == 1:
            return str(names[0])
        type_ = message.get("type") if isinstance(message, dict) else None
        return type_ if type_ in names else None

    def _validator(self, name: str) -> Any:
        if name not in self._validators:
            schema = {
                "$schema": "http://json-schema.org/draft-07/schema#",
                "allOf": [self._document["components"]["messages"][name]["payload"]],
                "components": {"schemas": self._document["components"]["schemas"]},
            }
            self._validators[name] = jsonschema_rs.validator_for(schema)
        return self._validators[name]


def _pattern(address: str) -> re.Pattern[str]:
    parts = [_PARAMETERS.get(part, re.escape(part)) for part in address.split("/")]
    return re.compile("/".join(parts))


_PARAMETERS: Final = {
    "{tenant}": r"[a-z0-9-]{1,36}",
    "{station}": r"[a-z0-9-]{1,36}",
    "{service}": r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+){0,3}",
    "{id}": r"[A-Za-z0-9-]{1,64}",
}


class Watch:
    """Collects what breaks the contract; one for the test run, emptied before each test."""

    def __init__(self) -> None:
        self.findings: list[str] = []
        self.seen = 0
        self.breaks_contract = False

    def begin(self, *, breaks_contract: bool) -> None:
        """A test begins."""
        self.findings.clear()
        self.breaks_contract = breaks_contract

    def message(self, who: str, topic: str, payload: bytes) -> None:
        """A message that must keep the document."""
        self.seen += 1
        for fault in _document().faults(topic, payload):
            self._note(f"{who}: {fault}")

    def parsed(self, topic: str, payload: bytes, outcome: object) -> None:
        """A command came: the document and the parser must be of one mind about its form."""
        self.seen += 1
        refused = outcome.reason if isinstance(outcome, Refusal) else None
        if refused is None:
            for fault in _document().faults(topic, payload):
                self._note(f"station accepted: {fault}")
        elif refused == "bad-data" and not _document().faults(topic, payload) and not _has_odd_whole(payload):
            self._note(f"station refused as bad-data what keeps the document: {topic}: {payload[:300]!r}")

    def _note(self, text: str) -> None:
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(text)


def _has_odd_whole(payload: bytes) -> bool:
    """A whole number spelled 1.0 or 1E3: JSON Schema takes it for an integer, the contract does not."""
    found: list[str] = []
    json.loads(payload, parse_float=found.append)
    return any(float(text).is_integer() for text in found)


WATCH: Final = Watch()


@cache
def _document() -> Document:
    return Document(DOCUMENT)


def install() -> None:
    """Stand beside both ends for the rest of this process."""
    _watch_links()
    _watch_parser()
    _watch_backend()


def _watch_links() -> None:
    begin = Link.__init__

    def watched(
        self: Link, settings: Any, journal: Any, clock: Any, connect: Connect, *rest: Any, **more: Any
    ) -> None:
        begin(self, settings, journal, clock, _watched_connect(connect), *rest, **more)

    Link.__init__ = watched  # type: ignore[method-assign]


def _watched_connect(connect: Connect) -> Connect:
    async def dial(hello: Hello) -> Connection:
        WATCH.message("station's will", hello.will.topic, hello.will.payload)
        return _watched_connection(await connect(replace(hello)))

    return dial


def _watched_connection(connection: Connection) -> Connection:
    publish = connection.publish

    def watched(message: Outgoing) -> Any:
        WATCH.message("station", message.topic, message.payload)
        return publish(message)

    connection.publish = watched  # type: ignore[method-assign]
    return connection


def _watch_parser() -> None:
    parse = CommandParser.parse

    def watched(self: CommandParser, verb: str, payload: bytes, **more: Any) -> Any:
        outcome = parse(self, verb, payload, **more)
        WATCH.parsed(f"ph/1/t/s/cmd/{verb}", payload, outcome)
        return outcome

    CommandParser.parse = watched  # type: ignore[method-assign]


def _watch_backend() -> None:
    publish: Callable[..., bool] = BackendMqtt.publish
    begin = BackendMqtt.__init__

    def sent(self: BackendMqtt, topic: str, payload: bytes, **more: Any) -> bool:
        WATCH.message("backend", topic, payload)
        return publish(self, topic, payload, **more)

    def watched(self: BackendMqtt, *args: Any, **more: Any) -> None:
        begin(self, *args, **more)
        take = self._on_message

        def received(message: Received) -> None:
            if message.payload and not WATCH.breaks_contract:
                WATCH.message("backend was sent", message.topic, message.payload)
            take(message)

        self._on_message = received

    BackendMqtt.publish = sent  # type: ignore[method-assign]
    BackendMqtt.__init__ = watched  # type: ignore[method-assign]

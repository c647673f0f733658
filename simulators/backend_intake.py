"""From bytes on a topic to stored facts and messages to recipients; what breaks the contract is a finding."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from simulators.backend_commands import now_ms
from simulators.backend_messages import Message, compose
from simulators.backend_mqtt import Received
from simulators.backend_schemas import ContractSchemas
from simulators.backend_stations import StationConfig
from simulators.backend_store import BackendStore, Fact, Ingested

__all__ = ["Finding", "Intake"]

Finding = tuple[str, str]
"""The topic, and what is wrong."""


class Intake:
    """Stores the facts of its stations.  `store` belongs to the store's thread, `decode` to any."""

    def __init__(
        self, store: BackendStore, schemas: ContractSchemas | None, stations: Mapping[str, StationConfig]
    ) -> None:
        self._store = store
        self._schemas = schemas
        self._stations = stations

    def store(self, batch: list[Received]) -> tuple[Ingested, list[Finding], set[str]]:
        """Take in all that are facts, in one transaction; also what was found, and whose facts they are."""
        findings: list[Finding] = []
        facts: list[Fact] = []
        for message in batch:
            event, found = self.decode(message)
            fact = _as_fact(message, event, found)
            findings.extend((message.topic, text) for text in found)
            if fact is not None:
                facts.append(fact)

        def composed(fact: Fact) -> Message | None:
            return self._compose(fact, findings)

        outcome = self._store.ingest(facts, now_ms(), composed)
        return outcome, findings, {fact.source for fact in facts}

    def decode(self, message: Received) -> tuple[dict[str, Any] | None, list[str]]:
        """The message as an object, None where it is none, and what its schema finds wrong with it."""
        try:
            event = json.loads(message.payload)
        except ValueError as error:
            return None, [f"not JSON: {error}"]
        if not isinstance(event, dict):
            return None, ["not a JSON object"]
        return event, self._schemas.findings(event) if self._schemas is not None else []

    def _compose(self, fact: Fact, findings: list[Finding]) -> Message | None:
        config = self._stations.get(fact.source.rpartition(":")[2])
        if config is None:
            return None
        parcel = self._store.parcel(str(fact.event["data"].get("parcel", "")))
        phone = parcel["phone"] if parcel else ""
        try:
            return compose(
                fact.event, config.place(), phone, lambda id_: self._store.deposit(fact.source, id_)
            )
        except (KeyError, TypeError, ValueError) as error:
            findings.append(("evt", f"no message for {fact.event['type']} {fact.sequence}: {error!r}"))
            return None


def _as_fact(message: Received, event: dict[str, Any] | None, findings: list[str]) -> Fact | None:
    """The message as a fact, or None with a finding when its place in the sequence cannot be told."""
    if event is None:
        return None
    _, _, tenant, station, _, area = message.topic.split("/")[:6]
    source = f"urn:ph:{tenant}:{station}"
    wrong = None
    if event.get("source") != source:
        wrong = f"source {event.get('source')!r} on the topic of {source}"
    elif not all(isinstance(event.get(name), str) for name in ("id", "type", "time", "sequence")):
        wrong = "id, type, time or sequence is missing"
    elif not (event["sequence"].isascii() and event["sequence"].isdigit() and int(event["sequence"]) > 0):
        wrong = f"sequence {event['sequence'][:40]!r} is no positive number"
    elif not isinstance(event.get("data"), dict):
        wrong = "data is missing"
    if wrong is not None:
        findings.append(wrong)
        return None
    if event["type"].split(".")[1:2] != [area]:
        findings.append(f"type {event['type']} on the topic of {area}")
    return Fact(source, int(event["sequence"]), event, message.payload)

"""The link's messages as they go out: a CloudEvent around what is said, on its topic.

Facts are not made here: their bytes are the journal's (`edge.shell.envelope.encode_event`).
"""

from __future__ import annotations

import msgspec

from edge.core.effects import Reply
from edge.shell.clock import Clock
from edge.shell.connection import Outgoing
from edge.shell.envelope import CONTENT_TYPE, Envelope, encode, rfc3339, schema_urn
from edge.shell.ids import uuid7
from edge.shell.journal import Journal
from edge.shell.messages import DOOR_OUTCOMES, RESULTS, Health, Presence, PresenceState, ReplyData
from edge.shell.twin_messages import JobStatus

__all__ = ["Composer"]


class Composer:
    """Messages of one station since this start; stateless but for who it is."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._identity = journal.identity
        self._clock = clock

    def state(self, name: str, data: msgspec.Struct) -> Outgoing:
        """`ph.state.{name}.v1`, retained on `state/{name}`."""
        payload = self.cloud_event(f"ph.state.{name}.v1", data)
        return Outgoing(f"{self._identity.root}/state/{name}", payload, retain=True)

    def presence(self, state: PresenceState, reason: str, connection: int) -> Outgoing:
        """How the station is, as said over its `connection`-th connection."""
        return self.state(
            "presence",
            Presence(
                state=state,
                session=self._journal.session_number,
                connection=connection,
                boot_id=self._journal.boot_id,
                reason=reason,
            ),
        )

    def heartbeat(self, data: msgspec.Struct, expiry_s: int) -> Outgoing:
        """Telemetry: never repeated, and gone from the broker after `expiry_s` (MQTT 5)."""
        payload = self.cloud_event("ph.tel.heartbeat.v1", data)
        return Outgoing(f"{self._identity.root}/tel/heartbeat", payload, qos=0, expiry_s=expiry_s)

    def reply(self, effect: Reply, health: Health | None) -> Outgoing:
        """The answer to a command, where its `replyto` says."""
        data = ReplyData(
            command=effect.command,
            verb=effect.verb,
            result=RESULTS.get(effect.result, "unknown"),
            error=effect.error,
            detail=effect.detail,
            doors={door: DOOR_OUTCOMES.get(word, "unknown") for door, word in effect.doors.items()},
            compartment=effect.compartment,
            health=health,
        )
        payload = self.cloud_event(
            f"ph.rsp.{effect.verb}.v1",
            data,
            schema="ph.rsp.v1",
            correlation=effect.correlation_id,
            causation=effect.command,
        )
        return Outgoing(effect.reply_to, payload, correlation=effect.correlation_id)

    def job(self, status: JobStatus) -> Outgoing:
        """How far a job is."""
        payload = self.cloud_event("ph.jobs.status.v1", status, correlation=status.job)
        return Outgoing(f"{self._identity.root}/jobs/{status.job}/status", payload, correlation=status.job)

    def cloud_event(
        self,
        type_: str,
        data: msgspec.Struct,
        *,
        schema: str | None = None,
        correlation: str | None = None,
        causation: str | None = None,
    ) -> bytes:
        """The bytes of one message; `schema` where it is not the type's own."""
        now_ms = self._clock.wall_ms()
        return encode(
            Envelope(
                specversion="1.0",
                id=uuid7(now_ms),
                source=self._identity.source,
                type=type_,
                subject="station",
                time=rfc3339(now_ms),
                datacontenttype=CONTENT_TYPE,
                dataschema=schema_urn(schema or type_),
                correlationid=correlation,
                causationid=causation,
                dataclassification="public",
                bootid=self._journal.boot_id,
                clockstate=self._clock.state(),
                data=msgspec.Raw(msgspec.json.encode(data)),
            )
        )

"""Commands to stations: sent, sent again with the same id until a final reply or their expiry, and answered.

After its expiry a command is still asked for, with an `expirytime` of long
ago: a station that knows its id answers with the stored result, one that does
not with `expired`, and none can take it for an order, however wrong its clock
is.  The journaled result settles a command whose every reply was lost.  An
unfinished command survives a restart of the backend.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from simulators.backend_signatures import SignedWith, with_signatures
from simulators.backend_store import BackendStore, StoredCommand

__all__ = ["CommandDesk", "Reply", "now_ms", "rfc3339"]

RESEND_EVERY_S: Final = 2.0
"""What a lost command or reply costs.  Safe: a station answers a duplicate with its stored result."""

GRACE_S: Final = 15.0
"""A command accepted just before its expiry still takes time to detect the door, or to reconnect."""

LONG_AGO: Final = "1970-01-01T00:00:00.000Z"

FINAL: Final = frozenset({"succeeded", "failed", "rejected", "expired", "unknown"})

MAX_PENDING: Final = 10_000
"""A day's manifest for one station several times over; beyond it somebody sends without waiting."""


@dataclass(frozen=True, slots=True)
class Reply:
    """How a command ended.

    `result` is succeeded, failed, rejected, expired or unknown (also when
    nothing final was heard in time); `progress` lists the words heard before.
    `doors`, `compartment` and `health` are the reply's, where it had them.
    """

    command: str
    verb: str
    result: str
    error: str | None = None
    detail: str | None = None
    progress: tuple[str, ...] = ()
    doors: dict[str, str] = field(default_factory=dict)
    compartment: str | None = None
    health: dict[str, Any] | None = None

    @staticmethod
    def of(data: Mapping[str, Any], progress: Sequence[str] = ()) -> Reply:
        """A final reply's data, as it came over the wire."""
        return Reply(
            command=str(data["command"]),
            verb=str(data["verb"]),
            result=str(data["result"]),
            error=data.get("error"),
            detail=data.get("detail"),
            progress=tuple(dict.fromkeys(progress)),
            doors=data.get("doors") or {},
            compartment=data.get("compartment"),
            health=data.get("health"),
        )

    @property
    def ok(self) -> bool:
        """True when the station says it was done."""
        return self.result == "succeeded"


@dataclass(slots=True)
class _Pending:
    command: StoredCommand
    topic: str
    answer: asyncio.Future[Reply]
    again: asyncio.Event = field(default_factory=asyncio.Event)
    progress: list[str] = field(default_factory=list)


Publish = Callable[[str, bytes, float], bool]
"""topic, payload, seconds until it expires -> handed to the broker."""


def now_ms() -> int:
    """Wall time, milliseconds since 1970 UTC."""
    return int(datetime.now(UTC).timestamp() * 1000)


def rfc3339(wall_ms: int) -> str:
    """`2026-01-31T08:15:30.250Z`."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=wall_ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class CommandDesk:
    """Sends commands of one tenant.  Lives in one event loop."""

    def __init__(self, tenant: str, store: BackendStore, publish: Publish) -> None:
        self._tenant = tenant
        self._store = store
        self._publish = publish
        self._pending: dict[str, _Pending] = {}
        self._tasks: set[asyncio.Task[Reply]] = set()

    def resume(self) -> None:
        """Go on with what an earlier run left unanswered."""
        for command in self._store.unfinished_commands():
            if command.expires_ms + GRACE_S * 1000 < now_ms():
                self._store.finish_command(command.id, "unknown")
            else:
                self._drive(command)

    async def stop(self) -> None:
        """Stop sending; unfinished commands stay in the store."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._pending.clear()

    def link_up(self) -> None:
        """The broker is reachable again: send at once what waits."""
        for pending in self._pending.values():
            pending.again.set()

    async def send(
        self,
        station: str,
        verb: str,
        data: Mapping[str, Any],
        expires_in_s: float,
        signers: Sequence[SignedWith] = (),
    ) -> Reply:
        """Send one command and wait for its end; RuntimeError when too many wait already."""
        if len(self._pending) >= MAX_PENDING:
            raise RuntimeError(f"{MAX_PENDING} commands wait for a reply")
        id_ = str(uuid.uuid4())
        issued = now_ms()
        expires = issued + round(expires_in_s * 1000)
        envelope = {
            "specversion": "1.0",
            "id": id_,
            "source": f"urn:ph:{self._tenant}:backend",
            "type": f"ph.cmd.{verb}.v1",
            "time": rfc3339(issued),
            "datacontenttype": "application/json",
            "dataschema": f"urn:ph:schema:ph.cmd.{verb}.v1",
            "correlationid": id_,
            "expirytime": rfc3339(expires),
            "replyto": f"ph/1/{self._tenant}/{station}/rsp/backend",
            "data": dict(data),
        }
        signed = with_signatures(envelope, self._tenant, station, verb, signers)
        body = json.dumps(signed, ensure_ascii=False).encode()
        command = StoredCommand(id_, station, verb, expires, body)
        self._store.keep_command(command)
        return await asyncio.shield(self._drive(command))

    def reply(self, data: Mapping[str, Any]) -> None:
        """A reply's data from the wire; replies to nothing we asked are ignored."""
        pending = self._pending.get(str(data.get("command")))
        if pending is None or pending.answer.done():
            return
        result = str(data.get("result"))
        if result not in FINAL:
            pending.progress.append(result)
            return
        pending.answer.set_result(Reply.of(data, pending.progress))

    def settled(self, data: Mapping[str, Any]) -> None:
        """The data of a journaled result, which says what the final reply says and cannot get lost.

        But for `diagnose`: the health is in the reply alone, and asking again gets it again.
        """
        if data.get("verb") == "diagnose" and str(data.get("command")) in self._pending:
            return
        self.reply(data)
        if str(data.get("command")) not in self._pending:
            self._store.settle_command(str(data.get("command")), str(data.get("result")))

    def _drive(self, command: StoredCommand) -> asyncio.Task[Reply]:
        topic = f"ph/1/{self._tenant}/{command.station}/cmd/{command.verb}"
        pending = _Pending(command, topic, asyncio.get_running_loop().create_future())
        self._pending[command.id] = pending
        task = asyncio.create_task(self._until_final(pending), name=f"command-{command.verb}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _until_final(self, pending: _Pending) -> Reply:
        command = pending.command
        try:
            while not pending.answer.done():
                left_s = (command.expires_ms - now_ms()) / 1000
                if left_s + GRACE_S <= 0:
                    break
                body = command.body if left_s > 0 else _question(command.body)
                self._publish(pending.topic, body, max(left_s, RESEND_EVERY_S))
                await self._answer_or(pending, min(RESEND_EVERY_S, left_s + GRACE_S))
            if not pending.answer.done():
                pending.answer.set_result(
                    Reply(command.id, command.verb, "unknown", detail="no final reply in time")
                )
            reply = pending.answer.result()
            self._store.finish_command(command.id, reply.result)
            return reply
        finally:
            self._pending.pop(command.id, None)

    async def _answer_or(self, pending: _Pending, seconds: float) -> None:
        """Wait for the answer, for the link to come back, or for `seconds`."""
        pending.again.clear()
        again = asyncio.create_task(pending.again.wait())
        waited: set[asyncio.Future[Any]] = {pending.answer, again}
        await asyncio.wait(waited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        again.cancel()


def _question(body: bytes) -> bytes:
    """The same command as one that is over: it can be answered and not be carried out."""
    return json.dumps(json.loads(body) | {"expirytime": LONG_AGO}, ensure_ascii=False).encode()

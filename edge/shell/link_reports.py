"""What the station says of itself over the link: presence, birth, snapshot, configuration, grants, heartbeat.

`edge.shell.link` owns the connections; here is what each of them begins with and is told from then on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from edge.core.effects import PublishState
from edge.shell.clock import Clock
from edge.shell.composer import Composer
from edge.shell.connection import Connection, ConnectionLost, Outgoing, PublishRefused
from edge.shell.journal import Journal
from edge.shell.link_parts import Providers
from edge.shell.messages import Heartbeat, PresenceState
from edge.shell.outbox import Outbox
from edge.shell.presence import READY
from edge.shell.refusals import Refusals
from edge.shell.replies import ReplyQueue

__all__ = ["LinkReports"]

SNAPSHOT_EVERY_S: Final = 1.0
"""The retained snapshot goes out at most so often: a courier opens doors faster than anybody watches them."""

CONDITION_LOOK_S: Final = 1.0
"""How often it is looked whether presence has another word to say."""

STEP_TIMEOUT_S: Final = 30.0
"""For each of presence, birth and snapshot: a broker that does not acknowledge them is left."""


class LinkReports:
    """On the loop's thread.  `heartbeat_s` may be set; it holds from the next wait on.

    `connection` counts the attempts to connect and is part of presence.
    """

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        composer: Composer,
        providers: Providers,
        outbox: Outbox,
        replies: ReplyQueue,
        refusals: Refusals,
        heartbeat_s: float,
    ) -> None:
        self.heartbeat_s = heartbeat_s
        self.connection = 0
        self._journal = journal
        self._clock = clock
        self._composer = composer
        self._providers = providers
        self._outbox = outbox
        self._replies = replies
        self._refusals = refusals
        self._snapshot_due = asyncio.Event()
        self._config_due = asyncio.Event()
        self._grants_due = asyncio.Event()
        self._forced = False
        self._birth_due = False
        self._told = READY
        self._backlog_ms: int | None = None
        self._started_s = clock.monotonic()

    # --- what changed ------------------------------------------------------------------

    def compartments_changed(self) -> None:
        """See `Link.compartments_changed`."""
        self._snapshot_due.set()
        self._grants_due.set()

    def config_changed(self) -> None:
        """See `Link.config_changed`."""
        self._config_due.set()

    def publish_state(self, effect: PublishState) -> None:
        """See `Link.publish_state`."""
        self._forced = True
        self._birth_due = self._birth_due or effect.birth
        self._snapshot_due.set()

    # --- what goes out ----------------------------------------------------------------

    async def begin(self, connection: Connection) -> None:
        """The first word, before anything is subscribed to."""
        await self._send(connection, self.presence("init", ""))

    async def introduce(self, connection: Connection) -> None:
        """Who we are and how we are; everything else is due once."""
        await self._send_birth(connection)
        self._snapshot_due.set()
        self._config_due.set()
        self._grants_due.set()
        self._told = self._providers.condition()
        await self._send(connection, self.presence(self._told.state, self._told.reason))

    def loops(self, connection: Connection) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        """What is told from then on, each to run as a task of that name until it is cancelled."""
        return [
            ("snapshots", self._send_snapshots(connection)),
            ("config", self._send_config(connection)),
            ("grants", self._send_grants(connection)),
            ("condition", self._send_condition(connection)),
            ("heartbeats", self._send_heartbeats(connection)),
        ]

    async def _send_birth(self, connection: Connection) -> None:
        self._birth_due = False
        await self._send(connection, self._composer.state("birth", self._providers.birth()))

    async def _send(self, connection: Connection, message: Outgoing) -> None:
        """Publish and wait for the PUBACK; the broker's refusal is counted and does not end the session."""
        try:
            async with asyncio.timeout(STEP_TIMEOUT_S):
                await connection.publish(message)
        except PublishRefused as error:
            self._refusals.refuse(message.topic, "publish-refused", str(error))
        except TimeoutError as error:
            raise ConnectionLost(f"no PUBACK for {message.topic} in {STEP_TIMEOUT_S:g} s") from error

    async def _send_snapshots(self, connection: Connection) -> None:
        last = None
        while True:
            await self._snapshot_due.wait()
            self._snapshot_due.clear()
            if self._birth_due:
                await self._send_birth(connection)
            forced, self._forced = self._forced, False
            now = self._providers.compartments()
            if forced or now.compartments != last:
                await self._send(connection, self._composer.state("compartments", now))
                last = now.compartments
            await asyncio.sleep(SNAPSHOT_EVERY_S)

    async def _send_config(self, connection: Connection) -> None:
        while True:
            await self._config_due.wait()
            self._config_due.clear()
            report = self._providers.config()
            if report is not None:
                await self._send(connection, self._composer.state("config", report))

    async def _send_grants(self, connection: Connection) -> None:
        last = None
        while True:
            await self._grants_due.wait()
            self._grants_due.clear()
            now = self._providers.grants()
            if now is not None and now is not last:
                await self._send(connection, self._composer.state("grants", now))
                last = now
            await asyncio.sleep(SNAPSHOT_EVERY_S)

    async def _send_condition(self, connection: Connection) -> None:
        """Presence again whenever its words change; the watch behind it keeps it from flapping."""
        while True:
            now = self._providers.condition()
            if now != self._told:
                await self._send(connection, self.presence(now.state, now.reason))
                self._told = now
            await asyncio.sleep(CONDITION_LOOK_S)

    async def _send_heartbeats(self, connection: Connection) -> None:
        while True:
            oldest = await self._journal.fetch(self._outbox.acknowledged, 1)
            self._backlog_ms = oldest[0].happened_ms if oldest else None
            expiry_s = max(1, round(2 * self.heartbeat_s))
            await connection.publish(self._composer.heartbeat(self.heartbeat(), expiry_s))
            await asyncio.sleep(self.heartbeat_s)

    def presence(self, state: PresenceState, reason: str) -> Outgoing:
        """Presence in this state; as the will of a connection too."""
        return self._composer.presence(state, reason, self.connection)

    def heartbeat(self) -> Heartbeat:
        """The numbers of now, for the heartbeat and for `diagnose`."""
        return Heartbeat(
            session=self._journal.session_number,
            connection=self.connection,
            boot_id=self._journal.boot_id,
            uptime_s=int(self._clock.monotonic() - self._started_s),
            head=self._journal.head,
            acknowledged=self._outbox.acknowledged,
            backlog=self._journal.head - self._outbox.acknowledged,
            rewinds=self._outbox.rewinds,
            replies_waiting=len(self._replies),
            replies_dropped=self._replies.dropped,
            refused=dict(self._refusals.counts),
            clock_state=self._clock.state(),
            backlog_age_s=self._backlog_age_s(),
            lines=self._providers.lines(),
            vitals=self._providers.vitals(),
        )

    def _backlog_age_s(self) -> float | None:
        """Of what was the oldest at the last heartbeat."""
        if self._backlog_ms is None:
            return None
        return max(0.0, (self._clock.wall_ms() - self._backlog_ms) / 1000)

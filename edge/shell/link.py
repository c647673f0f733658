"""The station's end of the MQTT contract: presence, birth, facts, heartbeat, commands and their answers.

One task keeps a connection for ever.  Topics and payloads are those of
docs/contract; bytes and sockets are the connection's business, what a command
does is the core's.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from typing import Final

from edge.core.effects import PublishState, Reply
from edge.core.inputs import Command
from edge.shell.backoff import Backoff
from edge.shell.clock import Clock
from edge.shell.composer import Composer
from edge.shell.connection import (
    Connect,
    ConnectFailed,
    Connection,
    ConnectionLost,
    Hello,
    PublishRefused,
)
from edge.shell.inbound import Inbound
from edge.shell.journal import Journal, JournalFailed
from edge.shell.link_parts import LinkSettings, Providers
from edge.shell.link_reports import LinkReports
from edge.shell.messages import Health
from edge.shell.outbox import Outbox
from edge.shell.refusals import Refusals
from edge.shell.replies import ReplyQueue
from edge.shell.twin_messages import JobStatus

__all__ = ["Link"]

WILL_DELAY_S: Final = 15
"""How long an MQTT 5 broker waits before it calls us lost: a reconnect within it is no news."""

HELD_S: Final = 10.0
"""A connection that lasted so long resets the back-off; two stations with one id throw each other out sooner,
and must not do so each second."""

LEAVE_TIMEOUT_S: Final = 2.0
"""For the last answers and the farewell when the service stops."""

_log = logging.getLogger(__name__)


class Link:
    """See the module.  All methods belong to the loop's thread; `run` is one task for the service's life.

    `on_command` gets each well-formed command (duplicates too) and returns
    False when it cannot be queued; `on_refused` gets source, reason, detail
    and digest ("" for what does not come again) of what was refused, at most
    one a second in the long run.
    """

    def __init__(
        self,
        settings: LinkSettings,
        journal: Journal,
        clock: Clock,
        connect: Connect,
        on_command: Callable[[Command], bool | None],
        on_refused: Callable[[str, str, str, str], None],
        providers: Providers,
        *,
        jitter: Callable[[], float] = random.random,
        documents: Mapping[str, Callable[[bytes], None]] | None = None,
        set_back: Callable[[int], None] = lambda acknowledged: None,
    ) -> None:
        """`documents` says who takes what is meant for the station, by its topic below the root.

        `set_back` is told each acknowledgement of a fact that the journal does not hold.
        """
        self._composer = Composer(journal, clock)
        self._clock = clock
        self._connect = connect
        self._providers = providers
        self._backoff = Backoff(settings.backoff_min_s, settings.backoff_max_s, jitter)
        self._refusals = Refusals(clock, on_refused)
        self._outbox = Outbox(journal, clock, self._outbox_refused)
        self._replies = ReplyQueue()
        self._inbound = Inbound(
            journal.identity,
            clock,
            settings.pepper,
            self._refusals,
            self._outbox.on_ack,
            on_command,
            self.reply,
            settings.operators,
            jitter,
            documents=documents or {},
        )
        self._reports = LinkReports(
            journal,
            clock,
            self._composer,
            providers,
            self._outbox,
            self._replies,
            self._refusals,
            settings.heartbeat_s,
        )
        self._set_back = set_back
        self._stopping = asyncio.Event()
        self._stopped = asyncio.Event()
        self._online = False
        self._granted: tuple[str, set[str]] = ("", set())
        self._told_trouble: str | None = None

    # --- what the service calls ------------------------------------------------------

    @property
    def online(self) -> bool:
        """True while a connection is greeted and in use."""
        return self._online

    @property
    def acknowledged(self) -> int:
        """The backend has stored the facts up to here."""
        return self._outbox.acknowledged

    @property
    def refused(self) -> dict[str, int]:
        """Refusals since the start, by reason."""
        return dict(self._refusals.counts)

    def reply(self, effect: Reply) -> None:
        """Answer a command; kept over lost connections, sheds the oldest beyond 1,000 (see `replies`)."""
        self._replies.put(self._composer.reply(effect, self._health(effect)))

    def compartments_changed(self) -> None:
        """Something the snapshot shows may have changed; it is sent within a second if it did."""
        self._reports.compartments_changed()

    def config_changed(self) -> None:
        """The report of the remote configuration is another one now."""
        self._reports.config_changed()

    def refuse(self, source: str, reason: str, detail: str, document: str) -> None:
        """Count what a taker of a document would not have; reported as other refusals are, so seldom."""
        self._refusals.refuse(source, reason, detail, document)

    def tell_job(self, status: JobStatus) -> None:
        """Send the status of a job; waits and is shed with the answers to commands (see `replies`)."""
        self._replies.put(self._composer.job(status))

    def tune(self, heartbeat_s: float, backoff_min_s: float, backoff_max_s: float) -> None:
        """Take other times; each holds from its next wait on."""
        self._reports.heartbeat_s = heartbeat_s
        self._backoff.limit(backoff_min_s, backoff_max_s)

    def publish_state(self, effect: PublishState) -> None:
        """Publish what was asked for within a second; while offline nothing, as the next connection does."""
        self._reports.publish_state(effect)

    async def run(self) -> None:
        """Connect, serve, and again, until `stop`.  Raises JournalFailed from the journal only."""
        try:
            while not self._stopping.is_set():
                await self._once()
            await self._outbox.save()
        finally:
            self._online = False
            self._stopped.set()

    async def stop(self) -> None:
        """Say goodbye, leave cleanly and end `run`; takes some seconds at most."""
        self._stopping.set()
        await self._stopped.wait()

    # --- one connection after the other -------------------------------------------------

    async def _once(self) -> None:
        self._reports.connection += 1
        hello = Hello(self._reports.presence("lost", "connection lost"), WILL_DELAY_S, self._inbound.take)
        try:
            connection = await self._connect_unless_stopping(hello)
        except ConnectFailed as error:
            if error.refused:
                self._backoff.slow()
            self._trouble(f"no connection to the broker: {error}", refused=error.refused)
            await self._wait(self._backoff.next_s())
            return
        if connection is None:
            return
        began_s = self._clock.monotonic()
        reason = await self._serve(connection)
        self._online = False
        if self._stopping.is_set():
            return
        if self._clock.monotonic() - began_s >= HELD_S:
            self._backoff.reset()
        self._trouble(f"connection to {connection.description} lost: {reason}")
        await self._wait(self._backoff.next_s())

    async def _connect_unless_stopping(self, hello: Hello) -> Connection | None:
        attempt = asyncio.ensure_future(self._connect(hello))
        stop = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait((attempt, stop), return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
            if not attempt.done():
                attempt.cancel()
        return await attempt if attempt.done() else None

    async def _serve(self, connection: Connection) -> str:
        """Use `connection` until it ends or the service stops; returns why it ended."""
        use = asyncio.create_task(self._use(connection), name="link session")
        stop = asyncio.create_task(self._stopping.wait(), name="link stop")
        try:
            await asyncio.wait((use, stop, connection.closed), return_when=asyncio.FIRST_COMPLETED)
            if self._stopping.is_set():
                await self._farewell(connection)
        finally:
            stop.cancel()
            use.cancel()
            await asyncio.wait((use,))
            connection.abort()
        if not use.cancelled() and (error := use.exception()) is not None:
            return self._why(error)
        return connection.closed.result() if connection.closed.done() else "stopped"

    async def _use(self, connection: Connection) -> None:
        async with asyncio.TaskGroup() as group:
            # Answers and facts wait for the greeting: the backend knows who speaks before it hears what.
            await self._greet(connection)
            self._online = True
            self._told_trouble = None
            _log.info("connected to %s", connection.description)
            group.create_task(self._outbox.run(connection), name="outbox")
            group.create_task(self._replies.run(connection), name="replies")
            for name, work in self._reports.loops(connection):
                group.create_task(work, name=name)

    async def _greet(self, connection: Connection) -> None:
        await self._reports.begin(connection)
        await self._subscribe(connection)
        await self._reports.introduce(connection)

    async def _subscribe(self, connection: Connection) -> None:
        """Each filter alone, so that a refusal names it; not again what this broker granted us and kept.

        What an earlier life of the service subscribed to does not count: its filters may have been others.
        """
        place, granted = self._granted
        if not connection.session_kept or place != connection.description:
            granted = set()
            self._granted = (connection.description, granted)
        for filter_ in self._inbound.filters:
            if filter_ in granted:
                continue
            try:
                await connection.subscribe([filter_])
                granted.add(filter_)
            except PublishRefused as error:
                _log.error("%s", error)
                self._refusals.refuse(filter_, "subscription-refused", str(error))

    async def _farewell(self, connection: Connection) -> None:
        try:
            async with asyncio.timeout(LEAVE_TIMEOUT_S):
                await self._replies.drained()
                await connection.publish(self._reports.presence("disconnected", "stopped"))
        except (TimeoutError, ConnectionLost, PublishRefused) as error:
            _log.info("left without a farewell: %s", error or "the broker is slow")
        await connection.close()

    # --- what goes out ------------------------------------------------------------

    def _outbox_refused(self, reason: str, detail: str) -> None:
        if reason in ("ack-beyond-head", "ack-of-another-journal") and not self._refusals.counts[reason]:
            _log.error("the backend acknowledged what this journal never wrote: %s", detail)
        if reason in ("ack-beyond-head", "ack-of-another-journal"):
            self._set_back(self._outbox.lost_up_to)
        self._refusals.refuse("outbox", reason, detail)

    def _health(self, effect: Reply) -> Health | None:
        asked = effect.verb == "diagnose" and effect.result == "succeeded"
        return self._providers.health(self._reports.heartbeat()) if asked else None

    # --- trouble --------------------------------------------------------------------------------

    def _why(self, error: BaseException) -> str:
        """The reason in words; the journal's failure is passed on, anything unforeseen is logged in full."""
        if isinstance(error, BaseExceptionGroup):
            journal = error.subgroup(JournalFailed)
            if journal is not None:
                raise journal.exceptions[0]
            error = error.exceptions[0]
        if not isinstance(error, ConnectionLost):
            _log.error("the link's session failed", exc_info=error)
        return str(error) or type(error).__name__

    def _trouble(self, text: str, *, refused: bool = False) -> None:
        """One warning when the connection is lost, one when the broker says no; the rest is silent."""
        kind = "refused" if refused else "lost"
        if self._told_trouble in (kind, "refused"):
            _log.debug("%s", text)
            return
        self._told_trouble = kind
        _log.warning("%s; retrying for ever", text)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

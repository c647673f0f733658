"""What arrives from the broker, sorted: acknowledgements, commands, and what is refused."""

from __future__ import annotations

import asyncio
import logging
import random
import re
from collections.abc import Callable, Mapping
from typing import Final

from edge.core.effects import Reply
from edge.core.inputs import Command
from edge.core.model import ErrorCode
from edge.shell.clock import Clock
from edge.shell.commands import CommandParser, Refusal, ReplyAddress
from edge.shell.connection import Incoming
from edge.shell.envelope import StationIdentity
from edge.shell.messages import BROADCAST_VERBS
from edge.shell.refusals import Refusals, TokenBucket

__all__ = ["Inbound"]

BAD_REPLIES_PER_S: Final = 5.0
"""Malformed commands answered: a flood of them must not push real answers out of their queue."""

BAD_REPLY_BURST: Final = 50
"""So that somebody who tries the contract by hand always gets answers."""

DETAIL_MAX: Final = 200
"""Characters of a refusal's reason in an answer."""

BROADCAST_SPREAD_S: Final = 10.0
"""Stations answer a command to all of them at a moment of their own within it: a fleet at once is a storm."""

MAX_SPREAD: Final = 16
"""Commands to all that wait for their moment; a flood of them must not pile up timers."""

_log = logging.getLogger(__name__)


class Inbound:
    """Takes each message of a connection; never raises into it."""

    def __init__(
        self,
        identity: StationIdentity,
        clock: Clock,
        pepper: bytes,
        refusals: Refusals,
        on_ack: Callable[[bytes], None],
        on_command: Callable[[Command], bool | None],
        reply: Callable[[Reply], None],
        operators: Mapping[str, bytes] | None = None,
        jitter: Callable[[], float] = random.random,
        *,
        documents: Mapping[str, Callable[[bytes], None]] | None = None,
    ) -> None:
        """`documents` are topics below the root that hold one retained document each, with their takers."""
        self._clock = clock
        self._parser = CommandParser(identity, pepper, operators)
        self._jitter = jitter
        self._spread = 0
        self._refusals = refusals
        self._bad_replies = TokenBucket(clock, BAD_REPLIES_PER_S, BAD_REPLY_BURST)
        self._on_ack = on_ack
        self._on_command = on_command
        self._reply = reply
        self._acks = f"{identity.root}/ack/events"
        self._commands = f"{identity.root}/cmd/"
        self._broadcasts = f"ph/1/{identity.tenant}/_all/cmd/"
        self._documents = {f"{identity.root}/{topic}": take for topic, take in (documents or {}).items()}

    @property
    def filters(self) -> tuple[str, ...]:
        """What to subscribe to."""
        return self._acks, f"{self._commands}+", f"{self._broadcasts}#", *self._documents

    def take(self, message: Incoming) -> None:
        """Handle one message."""
        try:
            self._dispatch(message)
        except Exception:  # the unit is a message: what one of them breaks must not end the link
            _log.exception("a message on %r could not be handled", message.topic[:200])
            self._refusals.refuse(message.topic[:200], "internal-error", "")

    def _dispatch(self, message: Incoming) -> None:
        if message.topic == self._acks:
            self._on_ack(message.payload)
        elif message.topic in self._documents:
            self._documents[message.topic](message.payload)
        elif message.topic.startswith(self._commands):
            self._command(message.topic.removeprefix(self._commands), message)
        elif message.topic.startswith(self._broadcasts):
            self._broadcast(message.topic.removeprefix(self._broadcasts), message)
        else:
            self._refusals.refuse(message.topic[:200], "unknown-topic", "")

    def _command(self, verb: str, message: Incoming) -> None:
        source = message.topic[:200]
        if message.retained:
            # It would be executed again at each reconnect, long after anybody meant it.
            self._refusals.refuse(source, "retained", "commands must not be retained")
            return
        parsed = self._parser.parse(verb, message.payload, clock_ok=self._clock_ok())
        if isinstance(parsed, Refusal):
            self._refusals.refuse(source, parsed.reason, parsed.detail)
            self._answer(parsed.address, ErrorCode.BAD_REQUEST, f"{parsed.reason}: {parsed.detail}")
        else:
            self._hand_in(source, parsed)

    def _broadcast(self, verb: str, message: Incoming) -> None:
        """A command to all stations; what is wrong with it is counted and not answered by everybody."""
        source = message.topic[:200]
        if message.retained:
            self._refusals.refuse(source, "retained", "commands must not be retained")
            return
        if verb not in BROADCAST_VERBS:
            self._refusals.refuse(source, "broadcast", "the verb is not for all stations")
            return
        parsed = self._parser.parse(verb, message.payload, clock_ok=self._clock_ok(), to_all=True)
        if isinstance(parsed, Refusal):
            self._refusals.refuse(source, parsed.reason, parsed.detail)
        elif self._spread >= MAX_SPREAD:
            self._refusals.refuse(source, "overload", "too many commands to all stations wait")
        else:
            self._spread += 1
            delay_s = self._jitter() * BROADCAST_SPREAD_S
            asyncio.get_running_loop().call_later(delay_s, self._hand_in_later, source, parsed)

    def _hand_in_later(self, source: str, command: Command) -> None:
        self._spread -= 1
        self._hand_in(source, command)

    def _hand_in(self, source: str, command: Command) -> None:
        if self._on_command(command) is False:
            # No answer: it is not recorded, so another copy may still be carried out after a "rejected".
            self._refusals.refuse(source, "overload", "too many inputs wait")

    def _clock_ok(self) -> bool:
        return self._clock.state() != "unset"

    def _answer(self, address: ReplyAddress | None, error: ErrorCode, detail: str) -> None:
        if address is None or not self._bad_replies.take():
            return
        verb = address.verb if re.fullmatch(r"[a-z-]{1,32}", address.verb) else "unknown"
        self._reply(
            Reply(
                command=address.command,
                verb=verb,
                result="rejected",
                reply_to=address.reply_to,
                correlation_id=address.correlation_id,
                error=error,
                detail=detail[:DETAIL_MAX],
            )
        )

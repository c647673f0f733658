"""All that a station does about offline grants, in one place for the service to join.

Scans become grants, effects reach the register before the lock, messages of
the backend become inputs, and the state of it all can be told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from edge.core.effects import RecordGrants, UnlockDoor
from edge.core.grant_book import GrantBook
from edge.core.inputs import Input, JournalSetBack
from edge.shell.blocking import Blocking
from edge.shell.clock import Clock
from edge.shell.envelope import StationIdentity
from edge.shell.grant_keeper import GrantKeeper
from edge.shell.grant_messages import (
    GrantsMessageError,
    GrantsStatus,
    delta_from,
    digest_from,
    status_of,
)
from edge.shell.grant_text import GrantReader

__all__ = ["GrantOffice"]


class GrantOffice:
    """See the module.  Everything is called on the loop; only the register's work runs on `blocking`.

    `post` hands in what must not be lost, `offer` what may be refused under a
    flood (False then); `refused` counts a message (a fixed word and a detail);
    `unlock` pulses; `head` and `book` are the journal's and the state's, as of
    what is durable.
    """

    def __init__(
        self,
        path: Path,
        identity: StationIdentity,
        issuers: Mapping[int, bytes],
        clock: Clock,
        blocking: Blocking,
        *,
        post: Callable[[Input], None],
        offer: Callable[[Input], bool],
        refused: Callable[[str, str], None],
        unlock: Callable[[UnlockDoor], None],
        head: Callable[[], int],
        book: Callable[[], GrantBook],
    ) -> None:
        self._issuers = sorted(issuers)
        self._reader = GrantReader(identity, issuers)
        self._clock = clock
        self._post = post
        self._offer = offer
        self._refused = refused
        self._book = book
        self._keeper = GrantKeeper(
            path, identity, clock, blocking, post=post, unlock=unlock, head=head, book=book
        )
        self._told: tuple[GrantBook, GrantsStatus] | None = None

    # --- the way in -----------------------------------------------------------------------

    def scanned(self, item: Input) -> bool:
        """Hand in what a scanner read, a grant as such; False when the station refuses under a flood."""
        return self._offer(self._reader.read(item))

    def documents(self) -> dict[str, Callable[[bytes], None]]:
        """Who takes what the link receives on these topics below the root."""
        return {"grants/delta": self._delta, "grants/digest": self._digest}

    def set_back(self, acknowledged: int) -> None:
        """The backend acknowledged a fact that this journal does not hold."""
        self._offer(JournalSetBack("ack-beyond-head", acknowledged))

    def _delta(self, payload: bytes) -> None:
        self._take(delta_from, payload)

    def _digest(self, payload: bytes) -> None:
        self._take(digest_from, payload)

    def _take(self, read: Callable[[bytes], Input], payload: bytes) -> None:
        try:
            item = read(payload)
        except GrantsMessageError as error:
            self._refused(error.reason, str(error))
            return
        if not self._offer(item):
            self._refused("overload", "too many inputs wait")

    # --- the way out ------------------------------------------------------------------------

    def record(self, effect: RecordGrants) -> None:
        """See `GrantKeeper.record`."""
        self._keeper.record(effect)

    def unlock(self, effect: UnlockDoor) -> None:
        """See `GrantKeeper.unlock`."""
        self._keeper.unlock(effect)

    def status(self) -> GrantsStatus:
        """For `state/grants`; computed once for each state of the book."""
        book = self._book()
        if self._told is None or self._told[0] is not book:
            self._told = book, status_of(book, self._clock.wall_ms(), self._issuers)
        return self._told[1]

    # --- life -------------------------------------------------------------------------------------

    async def open(self) -> Input:
        """Read the register, before anything is recorded; what it says is to be decided after the start."""
        return await self._keeper.open()

    async def run(self) -> None:
        """Serve the register for ever."""
        await self._keeper.run()

    async def close(self) -> None:
        """Write what still waits."""
        await self._keeper.close()

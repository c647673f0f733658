"""The station's grants held against what others know: the backend, and the register beside the journal.

Sets only grow and the epoch only rises, so any message may come twice, late
or in any order.  A journal that was set back may have forgotten what was
spent; until the backend has told all it knows, the grants it might concern
open nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from edge.core import events as ev
from edge.core.desk import Desk
from edge.core.effects import RecordGrants
from edge.core.grant_book import (
    FOR_EVER_MS,
    KEPT_AFTER_MS,
    LEARNED_AT_ONCE,
    MAX_KEPT,
    GrantBook,
    hash_of,
    living,
)
from edge.core.inputs import GrantDelta, GrantDigest, GrantsRecalled, JournalSetBack

__all__ = ["learn", "on_delta", "on_digest", "on_recalled", "on_set_back"]


def learn(
    desk: Desk,
    source: str,
    *,
    epoch: int,
    spent: Mapping[str, int],
    revoked: Mapping[str, int],
    part: int = 0,
    command: str | None = None,
    forgotten_ms: int = 0,
) -> bool:
    """Take over what is new, in the journal and in the register; False, with nothing done, if too much.

    What the register says is never too much: each of it was spent or revoked here.
    """
    book = desk.state.grants
    new_spent, new_revoked = _news(book, book.spent, spent), _news(book, book.revoked, revoked)
    too_many = len(book.revoked) + len(new_revoked) > MAX_KEPT or (
        len(book.spent) + len(new_spent) > 2 * MAX_KEPT
    )
    if too_many and source != "register":
        return False
    if not (new_spent or new_revoked or epoch > book.epoch or forgotten_ms > book.forgotten_ms or part):
        return True
    portions = _portions(new_spent, new_revoked)
    for number, (spent_now, revoked_now) in enumerate(portions, 1):
        desk.emit(
            ev.GrantsLearned(
                source=source,
                epoch=max(epoch, book.epoch),
                spent=spent_now,
                revoked=revoked_now,
                clock=desk.clock,
                part=part if number == len(portions) else 0,
                command=command,
                forgotten_ms=max(forgotten_ms, book.forgotten_ms),
            )
        )
    if source != "register":
        desk.ask(RecordGrants(new_spent, new_revoked, epoch if epoch > book.epoch else None))
    return True


def _news(book: GrantBook, known: Mapping[str, int], told: Mapping[str, int]) -> dict[str, int]:
    """What of `told` is not known yet, without what is long over."""
    return {
        key: until_ms
        for key, until_ms in told.items()
        if until_ms > known.get(key, 0) and until_ms + KEPT_AFTER_MS > book.forgotten_ms
    }


def _portions(
    spent: Mapping[str, int], revoked: Mapping[str, int]
) -> list[tuple[dict[str, int], dict[str, int]]]:
    """Both tables in pieces that fit a record each; one empty pair when there is nothing."""
    entries = [(0, *entry) for entry in spent.items()] + [(1, *entry) for entry in revoked.items()]
    portions: list[tuple[dict[str, int], dict[str, int]]] = []
    for first in range(0, max(1, len(entries)), LEARNED_AT_ONCE):
        both: tuple[dict[str, int], dict[str, int]] = ({}, {})
        for which, key, until_ms in entries[first : first + LEARNED_AT_ONCE]:
            both[which][key] = until_ms
        portions.append(both)
    return portions


def on_delta(desk: Desk, delta: GrantDelta) -> None:
    """More of what the backend knows; the last missing part of its answer ends a doubt."""
    answers = bool(delta.answers) and delta.answers == desk.state.grants.ask
    part = delta.part if answers else 0
    if not learn(desk, "delta", epoch=delta.epoch, spent=delta.spent, revoked=delta.revoked, part=part):
        desk.refuse("grants/delta", "too-many", f"more than {MAX_KEPT} grants; a new epoch voids them all")
    elif part and desk.state.grants.parts == list(range(1, delta.parts + 1)):
        _confirm(desk)


def on_digest(desk: Desk, digest: GrantDigest) -> None:
    """Compare.  What only this station knows to be spent is no difference worth asking for, less is."""
    book = desk.state.grants
    spent, revoked = living(book.spent, digest.at_ms), living(book.revoked, digest.at_ms)
    same_revoked = (digest.epoch, digest.revoked_count, digest.revoked_hash) == (
        book.epoch,
        len(revoked),
        hash_of(revoked),
    )
    same_count_others = digest.spent_count == len(spent) and digest.spent_hash != hash_of(spent)
    if digest.spent_count > len(spent) or same_count_others:
        # A grant is spent here or nowhere: the backend can only know more when this journal knows less.
        if not book.doubt_ms:
            _doubt(desk, "digest")
    elif not same_revoked and not book.ask:
        desk.emit(
            ev.GrantsDiffer(
                epoch=book.epoch, revoked_count=len(revoked), spent_count=len(spent), ask=desk.new_id()
            )
        )
    elif same_revoked and book.ask and not book.doubt_ms:
        _confirm(desk)


def on_recalled(desk: Desk, recalled: GrantsRecalled) -> None:
    """At a start: the journal learns what only the register knows, and the other way round."""
    book = desk.state.grants
    missing_spent = {k: v for k, v in book.spent.items() if v > recalled.spent.get(k, 0)}
    missing_revoked = {k: v for k, v in book.revoked.items() if v > recalled.revoked.get(k, 0)}
    learn(
        desk,
        "register",
        epoch=recalled.epoch,
        spent=recalled.spent,
        revoked=recalled.revoked,
        forgotten_ms=recalled.forgotten_ms,
    )
    if missing_spent or missing_revoked or book.epoch > recalled.epoch:
        epoch = book.epoch if book.epoch > recalled.epoch else None
        desk.ask(RecordGrants(missing_spent, missing_revoked, epoch))
    if recalled.doubt and (recalled.doubt != "register-missing" or book.ever_used):
        _doubt(desk, recalled.doubt)


def on_set_back(desk: Desk, proof: JournalSetBack) -> None:
    """Something outside showed that the journal once held more."""
    if proof.mark > desk.state.grants.mark:
        _doubt(desk, proof.reason, proof.mark)


def _doubt(desk: Desk, reason: str, mark: int = 0) -> None:
    """From now on, as late as now may be: grants that begin later cannot have been used before."""
    drift_ms = int(desk.rules.grant_drift_s * 1000)
    before_ms = {"synced": desk.now_ms, "holdover": desk.now_ms + drift_ms}.get(desk.clock, FOR_EVER_MS)
    desk.emit(ev.GrantsDoubted(reason=reason, before_ms=before_ms, ask=desk.new_id(), mark=mark))


def _confirm(desk: Desk) -> None:
    book = desk.state.grants
    desk.emit(
        ev.GrantsConfirmed(epoch=book.epoch, revoked_count=len(book.revoked), spent_count=len(book.spent))
    )

"""[[board]] and [[compartment]] in station.toml, checked: what is wired where."""

from __future__ import annotations

from edge.config_file import ID, Fail, StationFile
from edge.core.model import Compartment, Layout

__all__ = ["MAX_COMPARTMENTS", "check_boards", "checked_layout"]

MAX_COMPARTMENTS = 500
"""The largest cabinets on the market have some 300; the bound keeps one start's record below 64 KiB."""


def check_boards(file: StationFile, fail: Fail) -> None:
    """Each board on a line there is, alone at its address, its contact read one way or the other."""
    lines = {line.id for line in file.line}
    wired: dict[tuple[str, int], str] = {}
    for number, board in enumerate(file.board, 1):
        where = f"[[board]] number {number}"
        if board.line not in lines:
            fail(where, "line", f"there is no [[line]] {board.line!r}")
        if board.contact_closed_means not in ("locked", "unlocked"):
            fail(where, "contact_closed_means", "must be 'locked' or 'unlocked'")
        other = wired.setdefault((board.line, board.address), board.id)
        if other != board.id:
            fail(where, "address", f"{board.address} is board {other!r} on this line already")


def checked_layout(file: StationFile, fail: Fail) -> Layout:
    """The compartments, each with a number, a bank, a board and a channel of its own."""
    if not 1 <= len(file.compartment) <= MAX_COMPARTMENTS:
        fail("[[compartment]]", "number", f"1 to {MAX_COMPARTMENTS} compartments are needed")
    boards = {board.id: board for board in file.board}
    banks = {bank.id for bank in file.bank}
    compartments: dict[str, Compartment] = {}
    wired: dict[tuple[str, int], str] = {}
    for number, row in enumerate(file.compartment, 1):
        where = f"[[compartment]] number {number}"
        key = row.number.lower()
        if not ID.fullmatch(key):
            fail(where, "number", "must be 1 to 36 letters, digits and -")
        if key in compartments:
            fail(where, "number", f"{row.number!r} is there twice")
        if row.bank not in banks:
            fail(where, "bank", f"there is no [[bank]] {row.bank!r}")
        if row.board not in boards:
            fail(where, "board", f"there is no [[board]] {row.board!r}")
        if not 1 <= row.channel <= boards[row.board].channels:
            fail(where, "channel", f"board {row.board!r} has channels 1 to {boards[row.board].channels}")
        other = wired.setdefault((row.board, row.channel), row.number)
        if other != row.number:
            fail(where, "channel", f"{row.channel} of board {row.board!r} is compartment {other} already")
        compartments[key] = Compartment(
            key, row.number, row.bank, row.size, row.board, row.channel, row.floor_mm
        )
    return Layout(compartments)

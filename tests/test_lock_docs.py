"""docs/lock-boards.md names every kind, protocol and option there is."""

from __future__ import annotations

import re
from pathlib import Path

from hal.registry import LOCKS, USUAL_BAUD
from simulators.lock_kinds import LOCK_KINDS
from tests.hal.test_lock_settings import OPTIONS

PAGE = (Path(__file__).parents[1] / "docs/lock-boards.md").read_text(encoding="utf-8")


def test_every_kind_has_its_row_with_protocol_and_baud() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| `([a-z0-9-]+)`, (\d+) \|", PAGE, re.MULTILINE)

    assert {kind: (protocol, int(baud)) for kind, protocol, baud in rows} == {
        name: (kind.protocol, USUAL_BAUD[kind.protocol]) for name, kind in LOCKS.items()
    }


def test_every_option_and_every_beast_of_the_zoo_is_named() -> None:
    options = set().union(*OPTIONS.values())

    assert [name for name in [*options, *LOCK_KINDS] if f"`{name}`" not in PAGE] == []

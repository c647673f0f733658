"""docs/contract/grants.md names every reason, right and bound as the code has them."""

from __future__ import annotations

import re
from pathlib import Path

from edge.core.grant_book import MAX_KEPT, Right
from edge.core.grants import REASONS
from edge.core.model import Rules
from edge.shell.grant_messages import MAX_GRANTS_BYTES
from edge.shell.grant_text import DIGITS, PAYLOAD_BYTES

PAGE = (Path(__file__).parents[2] / "docs" / "contract" / "grants.md").read_text(encoding="utf-8")


def test_the_reasons_are_those_of_the_code_in_their_order() -> None:
    part = PAGE.partition("<!-- begin reasons -->")[2].partition("<!-- end reasons -->")[0]

    assert tuple(re.findall(r"^\| `([a-z-]+)` \| [^|]+ \|$", part, re.M)) == REASONS


def test_the_rights_are_those_of_the_code() -> None:
    part = PAGE.partition("## The text")[0]

    assert re.findall(r"^\| `([a-z]+)` \|", part, re.M) == [right.value for right in Right]


def test_the_numbers_are_those_of_the_code() -> None:
    assert f"{DIGITS} decimal digits" in PAGE
    assert f"| {PAYLOAD_BYTES}–86 | signature |" in PAGE
    assert f"`grant_drift_s` at both ends: {Rules().grant_drift_s:.0f} s" in PAGE
    assert f"{MAX_KEPT:,} are kept" in PAGE and f"{MAX_GRANTS_BYTES // 1024} KiB" in PAGE

"""Facts for people: one line each."""

from __future__ import annotations

import json
from datetime import datetime

from edge.export.reader import Entry

__all__ = ["line"]

MAX_DETAILS = 120
"""Characters of a fact's fields in a line: a screen's width with the rest; --json has it all."""


def line(entry: Entry) -> str:
    """`4711  2026-11-26 10:00:01.250  parcel.deposited  parcel/P-1  compartment=b07 …` in local time."""
    when = datetime.fromtimestamp(entry.happened_ms / 1000).astimezone()
    shown = f"{when:%Y-%m-%d %H:%M:%S}.{entry.happened_ms % 1000:03d}"
    kind = entry.type.removeprefix("ph.").removesuffix(".v1")
    message = json.loads(entry.body)
    if entry.reduced:
        return f"{entry.seq:>8}  {shown}  {kind:<24}  (its content has left)"
    subject = message.get("subject") or ""
    said = subject.rpartition("/")[2]
    details = " ".join(
        f"{name}={_value(value)}"
        for name, value in message["data"].items()
        if value not in (None, "", [], {}) and value != said
    )
    return f"{entry.seq:>8}  {shown}  {kind:<24}  {subject:<20}  {details[:MAX_DETAILS]}".rstrip()


def _value(value: object) -> str:
    """Plain where it is plain: no control character of a scanned code reaches the terminal."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    plain = "".join(char if char.isprintable() else "�" for char in value)
    return json.dumps(plain, ensure_ascii=False) if " " in plain else plain

"""The canonical form, by RFC 8785's own table of numbers and by another reading of it."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.shell.canonical import CanonicalError, canonical

RFC_8785_APPENDIX_B = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "text"), RFC_8785_APPENDIX_B)
def test_numbers_are_written_as_the_standards_table_has_them(bits: str, text: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))

    assert canonical({"n": value}) == f'{{"n":{text}}}'.encode()


def test_the_form_is_sorted_tight_and_utf8() -> None:
    document: dict[str, Any] = {"version": 7, "values": {"b.b": True, "a.a": '号 "x"\n\u0007', "c.c": 72.0}}

    assert canonical(document) == (
        '{"values":{"a.a":"号 \\"x\\"\\n\\u0007","b.b":true,"c.c":72},"version":7}'.encode()
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, -(2**53)])
def test_what_is_not_exact_everywhere_has_no_form(value: float) -> None:
    with pytest.raises(CanonicalError):
        canonical({"n": value})


SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}\.[a-z_]{1,8}", fullmatch=True), SCALARS, max_size=6))
def test_it_reads_back_as_it_was_and_the_order_it_came_in_does_not_matter(values: dict[str, object]) -> None:
    form = canonical(values)  # type: ignore[arg-type]
    backwards = dict(reversed(list(values.items())))

    assert json.loads(form, parse_int=float) == {k: _as_number(v) for k, v in values.items()}
    assert canonical(backwards) == form  # type: ignore[arg-type]


def _as_number(value: object) -> object:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

"""PINs: what was hashed matches, nothing else does, and no stored text makes the check run away."""

from __future__ import annotations

import base64
import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.signin import NOBODY_PIN_SCRYPT
from edge.shell.pins import MAX_PIN_LENGTH, check_pin, hash_pin, valid_hash

CHEAP = hash_pin("246810", n=16, r=1, p=1)


def stored(n: object = 16_384, r: object = 8, p: object = 1, salt: int = 16, digest: int = 32) -> str:
    words = [base64.b64encode(os.urandom(size)).decode() for size in (salt, digest)]
    return "$".join(["scrypt", str(n), str(r), str(p), *words])


def test_a_pin_matches_its_own_hash_and_no_other() -> None:
    made = hash_pin("246810")
    assert valid_hash(made)
    assert made.startswith("scrypt$16384$8$1$")
    assert check_pin("246810", made)
    assert not check_pin("246811", made)
    assert not check_pin("", made)


def test_the_same_pin_is_hashed_differently_each_time() -> None:
    assert hash_pin("1234", n=16) != hash_pin("1234", n=16)


def test_the_hash_compared_for_unknown_staff_costs_the_same_and_matches_nothing() -> None:
    assert valid_hash(NOBODY_PIN_SCRYPT), "an invalid one would answer at once and betray unknown ids"
    assert NOBODY_PIN_SCRYPT.split("$")[1:4] == hash_pin("1234").split("$")[1:4]
    assert not check_pin("1234", NOBODY_PIN_SCRYPT)


BAD = {
    "empty": "",
    "another kind": CHEAP.replace("scrypt", "argon2"),
    "a field missing": CHEAP.rpartition("$")[0],
    "a field too many": CHEAP + "$x",
    "n no number": stored(n="many"),
    "n not a power of two": stored(n=16_383),
    "n zero": stored(n=0),
    "n one": stored(n=1),
    "n negative": stored(n=-2),
    "r zero": stored(r=0),
    "r zero hides a huge n": stored(n=2**70, r=0),
    "r negative": stored(r=-8),
    "p zero": stored(p=0),
    "p that takes an hour": stored(p=50_000),
    "more memory than allowed": stored(n=2**20),
    "short salt": stored(salt=4),
    "short digest": stored(digest=8),
    "salt no base64": "scrypt$16384$8$1$***$" + CHEAP.rpartition("$")[2],
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_a_hash_that_will_not_run_is_told_and_matches_nothing_quickly(text: str) -> None:
    began_s = time.thread_time()
    assert not valid_hash(text)
    assert not check_pin("246810", text)
    assert time.thread_time() - began_s < 1.0  # of work: a busy machine adds waiting


@given(
    st.one_of(
        st.text(max_size=80),
        st.builds(
            stored,
            st.integers(-4, 40),
            st.integers(-2, 10),
            st.integers(-2, 18),
            st.integers(0, 20),
            st.integers(0, 40),
        ),
    )
)
@settings(max_examples=200, deadline=None)
def test_what_counts_as_valid_runs(text: str) -> None:
    assert check_pin("246810", text) is False
    if valid_hash(text):
        assert len(text.split("$")) == 6


@pytest.mark.parametrize("pin", ["2" * (MAX_PIN_LENGTH + 1), "\ud800", "２４６８１０", "246810 "])
def test_odd_pins_are_wrong_not_an_error(pin: str) -> None:
    assert not check_pin(pin, CHEAP)

"""Masking shows what the rules allow and nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.core.masking import mask_name, mask_phone


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张伟", "张*"),
        ("张小明", "张*"),
        ("欧阳 娜娜", "欧*"),
        ("𠮷田健", "𠮷*"),
        ("김철수", "김*"),
        ("John Smith", "J*** S****"),
        ("  John   Smith ", "J*** S****"),
        ("Zoë", "Z**"),
        ("J", "J*"),
        ("张", "张*"),
        ("", "*"),
        ("(张伟)", "****"),
        ("110101199003070011", "********"),
        ("张110101199003070011", "张*"),
        ("Smith 110101199003070011", "S**** ********"),
        ("A B C D E F", "A* B* C* D*"),
    ],
)
def test_names(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13812345678", "138****5678"),
        ("+86 138-1234-5678", "138****5678"),
        ("008613812345678", "138****5678"),
        ("+442071234567", "+442****4567"),
        ("(021) 12345678", "021****5678"),
        ("1234567890", "****"),
        ("12345", "****"),
        ("", "****"),
        ("110101199003070011", "****"),
        ("11010119900307001X", "****"),
        ("110101900307001", "****"),
        ("+110101900307001", "****"),
        ("１３８１２３４５６７８", "****"),
        ("call me", "****"),
        ("+", "****"),
    ],
)
def test_phones(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@given(st.text())
def test_any_name_is_masked_and_stays_so(name: str) -> None:
    masked = mask_name(name)

    assert "*" in masked
    assert len(masked) <= 40
    assert not any(char.isdigit() for char in masked)
    assert mask_name(masked) == masked


@given(st.lists(st.from_regex(r"[A-Za-z]{2,12}", fullmatch=True), min_size=1, max_size=4))
def test_only_initials_of_latin_names_are_shown(words: list[str]) -> None:
    assert re.sub(r"[* ]", "", mask_name(" ".join(words))) == "".join(word[0] for word in words)


@given(st.text() | st.text("0123456789+-() *xX", max_size=30))
def test_any_phone_is_masked_and_stays_so(phone: str) -> None:
    masked = mask_phone(phone)

    assert re.fullmatch(r"\*{4}|\+?[0-9]{3}\*{4}[0-9]{4}", masked)
    assert mask_phone(masked) == masked


@given(st.from_regex(r"[1-9][0-9]{14}|[1-9][0-9]{16}[0-9X]", fullmatch=True))
def test_an_identity_number_is_never_shown(number: str) -> None:
    assert mask_phone(number) == "****"
    assert set(mask_name(number)) == {"*"}

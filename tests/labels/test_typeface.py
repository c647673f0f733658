"""The right typeface is used, and nothing is printed that it cannot show."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.depot.manifest import read_manifest
from edge.labels.typeface import FAMILY, MissingGlyph, Typeface, TypefaceError, Weight, default_typeface

SAMPLE = Path(__file__).parents[2] / "examples" / "parcels.csv"


@pytest.mark.parametrize("weight", Weight)
def test_the_face_is_the_simplified_chinese_one(weight: Weight) -> None:
    typeface = default_typeface()

    assert typeface.family == "Noto Sans CJK SC"
    assert typeface.font(weight, 20).getname() == ("Noto Sans CJK SC", weight.value)


def test_debian_puts_it_third_in_the_collection() -> None:
    assert {default_typeface().face_index(weight) for weight in Weight} == {2}


@pytest.mark.parametrize("char", "䶮㛃𠮷㺭张A9éễ·…〓")
def test_rare_characters_of_names_are_there_and_have_a_shape_of_their_own(char: str) -> None:
    typeface = default_typeface()
    font = typeface.font(Weight.REGULAR, 40)

    assert typeface.has(char)
    assert bytes(font.getmask(char)) != bytes(font.getmask("\ue000"))


@pytest.mark.parametrize("char", ["\ue000", "ก", "Ł", "\u200b"])
def test_a_missing_glyph_is_an_error_that_names_it(char: str) -> None:
    with pytest.raises(MissingGlyph) as refusal:
        default_typeface().require(f"张{char}")
    assert refusal.value.char == char
    assert f"U+{ord(char):04X}" in str(refusal.value)


def test_replacements_are_visible_and_by_choice() -> None:
    assert default_typeface().with_replacements("Łukasz Dvořák ก张") == "Lukasz Dvorák 〓张"


def test_every_character_of_the_samples_can_be_printed() -> None:
    typeface = default_typeface()
    for parcel in read_manifest(SAMPLE).parcels:
        assert not set(parcel.recipient) - set(typeface.with_replacements(parcel.recipient)) - {"Ł"}


def test_a_folder_without_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(TypefaceError, match="fonts-noto-cjk"):
        Typeface(tmp_path)


def test_another_typeface_under_its_name_is_refused(tmp_path: Path) -> None:
    other = next(Path("/usr/share/fonts/opentype/noto").glob("NotoSerifCJK-Bold.ttc"))
    for weight in Weight:
        (tmp_path / f"NotoSansCJK-{weight.value}.ttc").symlink_to(other)

    with pytest.raises(TypefaceError, match=f"holds no {FAMILY}"):
        Typeface(tmp_path)

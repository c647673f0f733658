"""The soft reader: blurred and tiny symbols from samples, and no content where there is none."""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import numpy as np
import pytest
import zint

from tests.native.linear_reader import (
    ALL,
    CODE39,
    CODE93,
    CODE128,
    EAN8,
    EAN13,
    ITF,
    UPCE,
    LinearReader,
    Samples,
    samples,
    symbol_elements,
    widths,
    with_ratio,
)

Z = zint.Symbology


@pytest.fixture(scope="module")
def reader(sanitised_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LinearReader]:
    with LinearReader.build(sanitised_library, tmp_path_factory.mktemp("soft")) as running:
        yield running


def drawn(random: Random, symbology: int) -> Sequence[float]:
    """A symbol with random content; wide elements of two-width symbologies have a ratio from print."""

    def pick(alphabet: str, count: int) -> str:
        return "".join(random.choices(alphabet, k=count))

    count = random.randint(4, 12)
    kind, content = {
        CODE128: (Z.CODE128, pick(string.ascii_letters + string.digits, count)),
        EAN13: (Z.EANX, pick(string.digits, 12)),
        EAN8: (Z.EANX, pick(string.digits, 7)),
        UPCE: (Z.UPCE, f"0{pick(string.digits, 5)}1"),
        CODE93: (Z.CODE93, pick(string.ascii_uppercase, count)),
        ITF: (Z.C25INTER, pick(string.digits, 2 * count)),
        CODE39: (Z.CODE39, pick(string.ascii_uppercase, count)),
    }[symbology]
    elements = symbol_elements(kind, content)
    if symbology not in (ITF, CODE39):
        return elements
    return with_ratio(elements, random.choice([2.0, 2.5, 3.0]))


def line_of(elements: Sequence[float], random: Random, *, module: float, blur: float) -> Samples:
    return samples(
        elements,
        module=module,
        blur=blur,
        contrast=random.uniform(0.3, 0.7),
        noise=random.uniform(0.5, 3),
        spread=random.uniform(-0.1, 0.2),
        tilt=random.uniform(-0.06, 0.06),
        light=random.uniform(0, 0.3),
        seed=random.randrange(2**30),
    )


# Of 25 lines, reads at least: half a module of blur leaves single modules a quarter of the contrast.
BLURRED = [
    (CODE128, 1.5, 0.45, 20),
    (CODE128, 1.5, 0.65, 18),
    (EAN13, 1.5, 0.45, 18),
    (EAN13, 2.0, 0.6, 15),
    (EAN8, 1.5, 0.45, 15),
    (UPCE, 1.5, 0.45, 15),
    (ITF, 1.8, 0.45, 17),
    (CODE39, 1.8, 0.45, 17),
    (CODE93, 1.5, 0.45, 18),
]


@pytest.mark.parametrize(("symbology", "module", "blur", "least"), BLURRED)
def test_blurred_symbols_are_read_and_never_wrong(
    reader: LinearReader, symbology: int, module: float, blur: float, least: int
) -> None:
    random = Random(symbology * 1000 + int(100 * blur))
    reads = 0
    for _ in range(25):
        elements = drawn(random, symbology)
        right = reader.read(widths(elements))
        assert right is not None
        line = line_of(elements, random, module=module, blur=blur)

        read = reader.read_softly(line.levels, max(line.start - 3, 0), line.end + 3)

        if read is not None:
            assert (read.symbology, read.identifier, read.payload) == (
                right.symbology,
                right.identifier,
                right.payload,
            )
            assert read.votes_needed > right.votes_needed
            reads += 1
    assert reads >= least


def test_either_direction_is_told_with_its_place(reader: LinearReader) -> None:
    line = samples(symbol_elements(Z.CODE128, "PIGEON"), module=1.6, blur=0.5)

    forth = reader.read_softly(line.levels, line.start - 4, line.end + 4)
    back = reader.read_softly(
        line.levels[::-1], len(line.levels) - line.end - 4, len(line.levels) - line.start + 4
    )

    assert forth is not None
    assert back is not None
    assert (forth.payload, forth.reversed) == (b"PIGEON", False)
    assert (back.payload, back.reversed) == (b"PIGEON", True)
    assert forth.place == pytest.approx((line.start, line.end), abs=1)
    assert back.place == pytest.approx((len(line.levels) - line.end, len(line.levels) - line.start), abs=1)


def test_only_wanted_symbologies_are_read(reader: LinearReader) -> None:
    line = samples(symbol_elements(Z.CODE128, "PIGEON"), module=1.6, blur=0.5)

    assert reader.read_softly(line.levels, line.start - 4, line.end + 4, ALL & ~CODE128) is None


OTHERS = [
    (Z.MSI_PLESSEY, "123456789"),
    (Z.TELEPEN, "PIGEON"),
    (Z.CODE11, "12345678"),
    (Z.C25IND, "123456"),
    (Z.C25LOGIC, "12345678"),
    (Z.PLESSEY, "1234567"),
    (Z.CODABAR, "A12345678B"),
    (Z.DBAR_OMN, "0950110153001"),
    (Z.DBAR_LTD, "0950110153001"),
]


@pytest.mark.parametrize(("kind", "content"), OTHERS)
def test_other_symbologies_give_nothing(reader: LinearReader, kind: zint.Symbology, content: str) -> None:
    random = Random(content)
    elements = symbol_elements(kind, content)
    for _ in range(12):
        line = line_of(elements, random, module=random.uniform(1.2, 3), blur=random.uniform(0.2, 0.9))
        assert reader.read_softly(line.levels, line.start - 2, line.end + 2) is None


def test_random_bars_give_nothing(reader: LinearReader) -> None:
    random = Random(1)
    for _ in range(150):
        count = random.choice([33, 43, 59, 61, 75, 89, 103, 149])
        kinds: list[float] = random.choice([[1, 2, 3, 4], [1, 1, 2], [1, 1, 2.5], [1, 1, 3]])
        elements = random.choices(kinds, k=count)
        line = line_of(elements, random, module=random.uniform(1.2, 3), blur=random.uniform(0.2, 0.9))

        assert reader.read_softly(line.levels, line.start - 2, line.end + 2) is None


def test_noise_and_edges_of_the_contract_give_nothing(reader: LinearReader) -> None:
    random = np.random.default_rng(2)
    for count in (0, 1, 15, 16, 17, 40, 300, 1400, 1401):
        for levels in (random.integers(0, 0xFFFF, count), np.full(count, 77), np.arange(count) % 2 * 0xFFFF):
            for start, end in (
                (0.0, float(count)),
                (3.0, count - 3.0),
                (float("nan"), float("inf")),
                (-9, 1e30),
            ):
                assert reader.read_softly(levels.astype(np.uint16), start, end) is None


@pytest.mark.parametrize("symbology", [CODE128, EAN13, EAN8, UPCE, ITF, CODE39, CODE93])
def test_a_missing_end_gives_nothing(reader: LinearReader, symbology: int) -> None:
    """Cut through and light behind, as under a flap of paper."""
    random = Random(symbology)
    for _ in range(25):
        elements = list(drawn(random, symbology))
        cut = 2 * random.randint(1, len(elements) // 3)
        rest = elements[:-cut] if random.random() < 0.5 else elements[cut:]
        if len(rest) < 17 or reader.read(widths(rest)) is not None:
            continue  # an ITF may well be one of fewer digits
        line = line_of(rest, random, module=random.uniform(1.4, 2.5), blur=random.uniform(0.3, 0.7))

        assert reader.read_softly(line.levels, line.start - 2, line.end + 2) is None


@pytest.mark.parametrize("symbology", [CODE128, EAN13, CODE93])
def test_damage_gives_right_content_or_none(reader: LinearReader, symbology: int) -> None:
    random = Random(symbology)
    for _ in range(30):
        elements = drawn(random, symbology)
        right = reader.read(widths(elements))
        assert right is not None
        line = line_of(elements, random, module=random.uniform(1.5, 2.5), blur=random.uniform(0.3, 0.6))
        at, length = random.randint(int(line.start), int(line.end)), random.randint(3, 12)
        line.levels[at : at + length] = random.choice([line.levels.min(), line.levels.max()])

        read = reader.read_softly(line.levels, line.start - 2, line.end + 2)

        assert read is None or read.payload == right.payload

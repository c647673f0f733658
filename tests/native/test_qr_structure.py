"""QR and Micro QR modules of every version, level and mask; format and version information."""

from __future__ import annotations

import random

import numpy as np
import pytest
import zint

from tests.native.module_reader import (
    BAD_ARGUMENT,
    FORMAT,
    MICRO_QR,
    QR,
    ModuleReader,
)
from tests.native.qr_reading import (
    KANJI,
    MICRO_LEVELS,
    read,
    status_of,
)
from tests.native.qr_symbols import (
    make,
    segno_modules,
    zint_modules,
)


@pytest.mark.parametrize("version", range(1, 41))
def test_reads_every_version_and_level_of_two_encoders(module_reader: ModuleReader, version: int) -> None:
    for number, level in enumerate("LMQH"):
        mask = (version + number) % 8
        text = ("31415926535", "PIGEON", "Locker", KANJI[:3])[mask // 2]
        by_zint = zint_modules(
            text,
            option_1=number + 1,
            option_2=version,
            option_3=mask + 1 << 8,
            input_mode=zint.InputMode.UNICODE,
        )
        by_segno = segno_modules(make(text, version=version, level=level, mask=mask))
        expected = text.encode("shift_jis")

        for modules in (by_zint, by_segno):
            content = read(module_reader, modules)

            assert (content.payload, content.version, content.ec_level) == (expected, version, level)
            assert (content.symbology, content.mirrored, content.ec_used) == (QR, False, 0.0)
            assert content.append == (0, 0, 0)


@pytest.mark.parametrize("version", [1, 2, 7, 10, 27])
def test_reads_every_mask_mirrored_too(module_reader: ModuleReader, version: int) -> None:
    for mask in range(8):
        modules = segno_modules(
            make("MASK AND MIRROR" if version > 1 else "MASK", version=version, level="L", mask=mask)
        )

        assert not read(module_reader, modules).mirrored
        assert read(module_reader, np.ascontiguousarray(modules.T)).mirrored


@pytest.mark.parametrize(("version", "level"), MICRO_LEVELS)
def test_reads_every_micro_version_level_and_mask(
    module_reader: ModuleReader, version: str, level: str | None
) -> None:
    for mask in range(4):
        for text in ("0", "12345"):
            code = make(text, version=version, level=level, mask=mask)
            by_zint = zint_modules(
                text,
                micro=True,
                option_1="LMQ".index(level) + 1 if level else 0,
                option_2=int(version[1]),
                option_3=mask + 1 << 8,
            )
            for modules in (segno_modules(code), by_zint):
                content = read(module_reader, modules, micro=True)

                assert (content.payload, content.symbology) == (text.encode(), MICRO_QR)
                assert (f"M{content.version}", content.ec_level or None) == (version, level)
                assert content.identifier == "]Q1"
                assert not content.mirrored
                assert read(module_reader, np.ascontiguousarray(modules.T), micro=True).mirrored


def inner_format(size: int) -> list[tuple[int, int]]:
    around = [(8, column) for column in range(9) if column != 6]
    return around + [(row, 8) for row in range(8) if row != 6]


def outer_format(size: int) -> list[tuple[int, int]]:
    return [(row, 8) for row in range(size - 7, size)] + [(8, column) for column in range(size - 8, size)]


@pytest.mark.parametrize("version", [1, 6, 30])
def test_one_copy_of_the_format_information_is_enough(module_reader: ModuleReader, version: int) -> None:
    rng = random.Random(version)
    code = make("314159", version=version, level="Q")
    size = 17 + 4 * version
    for lost, kept in ((inner_format(size), outer_format(size)), (outer_format(size), inner_format(size))):
        for wrong in (0, 1, 2):
            modules = segno_modules(code)
            for row, column in lost:
                modules[row, column] = 255 * rng.getrandbits(1)
            for row, column in rng.sample(kept, wrong):
                modules[row, column] ^= 255

            assert read(module_reader, modules).payload == b"314159"


def test_three_wrong_bits_in_each_copy_are_corrected(module_reader: ModuleReader) -> None:
    rng = random.Random(3)
    for _ in range(20):
        modules = segno_modules(make("314159", version=2, level="M"))
        for row, column in [*rng.sample(inner_format(25), 3), *rng.sample(outer_format(25), 3)]:
            modules[row, column] ^= 255

        assert read(module_reader, modules).payload == b"314159"


def test_version_information_of_another_size_is_refused(module_reader: ModuleReader) -> None:
    modules = segno_modules(make("314", version=8, level="M"))
    other = segno_modules(make("314", version=12, level="M"))
    modules[-11:-8, :6] = other[-11:-8, :6]
    assert read(module_reader, modules).version == 8  # one copy is enough

    modules[:6, -11:-8] = other[:6, -11:-8]
    assert status_of(module_reader, modules)[0] == FORMAT


@pytest.mark.parametrize("size", [1, 9, 10, 12, 17, 18, 19, 20, 22, 23, 179, 181])
def test_a_size_that_is_none_is_refused(module_reader: ModuleReader, size: int) -> None:
    micro = size in (9, 10, 12, 18)

    status, _ = status_of(module_reader, np.zeros((size, size), dtype=np.uint8), micro=micro)

    assert status == BAD_ARGUMENT

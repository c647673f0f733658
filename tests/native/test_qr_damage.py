"""Damaged, doubtful, blurred and random QR and Micro QR modules are read right or not at all."""

from __future__ import annotations

import random
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.native.module_reader import (
    CHECKSUM,
    FORMAT,
    ModuleReader,
)
from tests.native.qr_reading import (
    MICRO_LEVELS,
    read,
    relaxed,
    status_of,
)
from tests.native.qr_symbols import (
    Modules,
    block_codewords,
    capacity,
    check_codewords,
    make,
    places,
    segno_modules,
    spoil,
    structure,
)


@pytest.mark.parametrize(
    ("version", "level"),
    [*((version, level) for version in (1, 2, 3, 5, 8, 14, 25) for level in "LMQH"), *MICRO_LEVELS[1:]],
)
def test_damage_up_to_the_capacity_is_corrected_and_beyond_it_never_wrong(
    module_reader: ModuleReader, version: int | str, level: str
) -> None:
    micro = isinstance(version, str)
    rng = random.Random(f"{version}{level}")
    code = make("314", version=version, level=level)
    modules = segno_modules(code)
    blocks, most = block_codewords(code), capacity(code)
    for _ in range(4):
        victims = [index for block in blocks for index in rng.sample(block, most)]

        content = read(module_reader, spoil(modules, code, victims, rng), micro=micro)

        assert content.payload == b"314"
        assert 0.79 < content.ec_used <= 1.0
    for more in (1, 2, most, 3 * most):
        worst = rng.choice(blocks)
        victims = rng.sample(worst, min(most + more, len(worst)))

        status, _ = status_of(module_reader, spoil(modules, code, victims, rng), micro=micro)

        assert status == CHECKSUM


def test_m1_only_detects_errors(module_reader: ModuleReader) -> None:
    code = make("12345", version="M1", level=None)
    rng = random.Random(5)
    for index in range(5):
        spoilt = spoil(segno_modules(code), code, [index], rng)

        assert status_of(module_reader, spoilt, micro=True)[0] == CHECKSUM


@pytest.mark.parametrize(
    ("version", "level"), [(1, "M"), (1, "H"), (3, "M"), (7, "Q"), ("M4", "Q"), ("M3", "M")]
)
def test_codewords_in_doubt_are_erased_with_a_margin(
    module_reader: ModuleReader, version: int | str, level: str
) -> None:
    """Twice as many as errors, less what guards against misreads: four codewords and the attempts' share."""
    rng = random.Random(f"doubt {version}{level}")
    code = make("27", version=version, level=level)
    blocks, where = block_codewords(code), places(code)
    total, data = structure(code)[0]
    doubtful = total - data - 5
    for _ in range(5):
        modules = segno_modules(code)
        for block in blocks:
            for index in rng.sample(block, doubtful):
                for row, column in where[index]:
                    modules[row, column] = rng.choice([110, 146])

        content = read(module_reader, modules, micro=isinstance(version, str))

        assert content.payload == b"27"
        assert content.ec_used > 0.5


@pytest.mark.parametrize(("version", "level"), [(2, "M"), (4, "H"), (8, "L"), ("M4", "M")])
def test_many_single_modules_in_doubt_are_told_by_the_sure_ones(
    module_reader: ModuleReader, version: int | str, level: str
) -> None:
    """As blur leaves it: wrong codewords half beyond plain correction, one module in each."""
    rng = random.Random(f"soft {version}{level}")
    code = make("27", version=version, level=level)
    blocks, where = block_codewords(code), places(code)
    wrong = capacity(code) * 3 // 2
    for _ in range(5):
        modules = segno_modules(code)
        for codeword in where:
            for row, column in codeword:
                sureness = rng.randint(20, 127)
                modules[row, column] = 128 + sureness if modules[row, column] else 127 - sureness
        for block in blocks:
            for index in rng.sample(block, wrong):
                row, column = rng.choice(where[index])
                modules[row, column] = (
                    rng.randint(108, 127) if modules[row, column] >= 128 else rng.randint(128, 147)
                )

        content = read(module_reader, modules, micro=isinstance(version, str))

        assert content.payload == b"27"
        assert content.ec_used > 0.6


def blurred(modules: Modules, kernel: list[list[float]], grain: float = 10.0, seed: int = 0) -> Modules:
    """Each module mixed with its neighbours, and some noise; beyond the symbol all is light."""
    reach = len(kernel) // 2
    around = np.pad(modules.astype(float), reach)
    size = len(modules)
    mixed = sum(
        weight * around[row : row + size, column : column + size]
        for row, weights in enumerate(kernel)
        for column, weight in enumerate(weights)
    )
    noise = np.random.default_rng(seed).normal(0.0, grain, modules.shape)
    return np.clip(np.rint(mixed + noise), 0, 255).astype(np.uint8)


ROUND = [[0.05, 0.11, 0.05], [0.11, 0.36, 0.11], [0.05, 0.11, 0.05]]
MOVED_ACROSS = [[0.0, 0.0, 0.0], [0.24, 0.52, 0.24], [0.0, 0.0, 0.0]]
MOVED_DOWN = [list(row) for row in zip(*MOVED_ACROSS, strict=True)]


@pytest.mark.parametrize(
    ("version", "level", "kernel"),
    [
        *product((1,), "M", (ROUND, MOVED_ACROSS, MOVED_DOWN)),
        *product((3, 14), "L", (ROUND, MOVED_ACROSS, MOVED_DOWN)),
        *product(("M3",), "M", (MOVED_ACROSS, MOVED_DOWN)),
        *product(("M4",), "L", (MOVED_ACROSS, MOVED_DOWN)),
    ],
)
def test_blur_is_taken_out(
    module_reader: ModuleReader, version: int | str, level: str, kernel: list[list[float]]
) -> None:
    """A module that weighs no more than its neighbours together is in doubt wherever they agree."""
    code = make("314159", version=version, level=level)
    sharp = segno_modules(code)

    modules = blurred(sharp, kernel, seed=len(sharp))

    assert np.mean((modules >= 128) != (sharp >= 128)) > 0.03
    assert read(module_reader, modules, micro=isinstance(version, str)).payload == b"314159"
    assert read(module_reader, np.ascontiguousarray(modules.T), micro=isinstance(version, str)).mirrored


def test_a_block_that_is_read_helps_the_others(module_reader: ModuleReader) -> None:
    """Without what one block teaches none of these reads: their blocks differ in luck."""
    modules = segno_modules(make("314159", version=14, level="M"))

    answers = [status_of(module_reader, blurred(modules, ROUND, 16.0, seed)) for seed in range(6)]

    payloads = [content.payload for _, content in answers if content is not None]
    assert payloads == [b"314159"] * len(payloads)
    assert len(payloads) >= 4


def test_every_codeword_in_doubt_reads_nothing(module_reader: ModuleReader) -> None:
    rng = random.Random(8)
    for version, level in ((1, "L"), (2, "H"), (7, "M")):
        code = make("27", version=version, level=level)
        for _ in range(60):
            modules = segno_modules(code)
            for codeword in places(code):
                for row, column in codeword:
                    modules[row, column] = rng.randint(100, 155)

            assert status_of(module_reader, modules)[0] in (CHECKSUM, FORMAT)


@pytest.mark.parametrize("size", [11, 13, 15, 17, 21, 25, 45, 177])
def test_noise_is_no_symbol(module_reader: ModuleReader, size: int) -> None:
    rng = np.random.default_rng(size)
    for turn in range(400 if size < 40 else 40):
        high = 256 if turn % 2 else 2
        modules = (rng.integers(0, high, (size, size)) * (255 // (high - 1))).astype(np.uint8)

        assert status_of(module_reader, modules, micro=size < 20)[0] in (FORMAT, CHECKSUM)


@pytest.mark.parametrize(("version", "level"), [(1, "L"), (2, "L"), (1, "M"), *MICRO_LEVELS])
def test_noise_between_sound_patterns_is_no_symbol(
    module_reader: ModuleReader, version: int | str, level: str | None
) -> None:
    """Format information and timing are right, only the data is anything."""
    rng = random.Random(f"noise {version}{level}")
    code = make("1", version=version, level=level)
    where = [place for codeword in places(code) for place in codeword]
    modules = segno_modules(code)
    for _ in range(300):
        softness = rng.choice([1, 30, 128])
        for row, column in where:
            modules[row, column] = rng.choice([rng.randrange(softness), 255 - rng.randrange(softness)])

        assert status_of(module_reader, modules, micro=isinstance(version, str))[0] in (FORMAT, CHECKSUM)


@relaxed
@given(n=st.integers(4, 153), ec_n=st.integers(2, 30), seed=st.integers(0, 2**32))
def test_reed_solomon_corrects_errors_beside_erasures(
    module_reader: ModuleReader, n: int, ec_n: int, seed: int
) -> None:
    rng = random.Random(seed)
    ec_n = min(ec_n, n - 1)
    data = rng.randbytes(n - ec_n)
    sent = data + check_codewords(data, ec_n)
    erasure_n = rng.randint(0, ec_n)
    error_n = rng.randint(0, (ec_n - erasure_n) // 2)
    error_n = min(error_n, n - erasure_n)
    chosen = rng.sample(range(n), erasure_n + error_n)
    received = bytearray(sent)
    for place in chosen[erasure_n:]:
        received[place] ^= rng.randint(1, 255)
    for place in chosen[:erasure_n]:
        received[place] = rng.randint(0, 255)

    assert module_reader.correct(bytes(received), ec_n, bytes(chosen[:erasure_n])) == (True, error_n, sent)

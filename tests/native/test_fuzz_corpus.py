"""The fuzz targets' invariants over the committed corpus, under the sanitisers and without a fuzzer."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.native.c_build import NATIVE, NO_LEAK_CHECK, compile_sanitised, run

TARGETS = sorted(NATIVE.glob("fuzz/fuzz_*.c"))
MAIN = NATIVE / "fuzz" / "replay_main.c"

MAX_CORPUS_BYTES = 300_000
"""The corpus is part of every checkout; it keeps what adds coverage, not all that was ever found."""


def corpus(target: Path) -> list[Path]:
    return sorted((NATIVE / "corpus" / target.stem).iterdir())


@pytest.mark.parametrize("target", TARGETS, ids=lambda path: path.stem)
def test_invariant_holds_over_the_corpus(target: Path, sanitised_library: Path, tmp_path: Path) -> None:
    binary = tmp_path / target.stem
    compile_sanitised(target, sanitised_library, binary, MAIN)
    inputs = corpus(target)

    replayed = run(binary, *inputs)

    assert int(replayed) == len(inputs) > 0


def test_a_broken_invariant_ends_the_replay(sanitised_library: Path, tmp_path: Path) -> None:
    """Otherwise the tests above prove less than they say."""
    target = tmp_path / "broken.c"
    target.write_text(
        '#include "fuzz.h"\n'
        "int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)\n"
        "{ HOLDS(size == 0 || data[0] != 7); return 0; }\n",
        encoding="utf-8",
    )
    binary = tmp_path / "broken"
    compile_sanitised(target, sanitised_library, binary, MAIN, Path(f"-I{NATIVE / 'fuzz'}"))
    (tmp_path / "good").write_bytes(b"\x01")
    (tmp_path / "bad").write_bytes(b"\x07")

    assert run(binary, tmp_path / "good") == "1\n"
    done = subprocess.run(
        [binary, tmp_path / "bad"], capture_output=True, text=True, check=False, env=NO_LEAK_CHECK
    )

    assert done.returncode != 0
    assert "not so: size == 0 || data[0] != 7" in done.stderr


def test_the_corpus_is_small_and_every_target_has_one() -> None:
    files = [path for path in (NATIVE / "corpus").rglob("*") if path.is_file()]

    assert {path.parent.name for path in files} == {target.stem for target in TARGETS}
    assert sum(path.stat().st_size for path in files) <= MAX_CORPUS_BYTES

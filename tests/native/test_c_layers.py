"""The C library's includes run one way: kinds of symbology know what all share, and nothing of each other."""

from __future__ import annotations

import re

import pytest

from tests.native.c_build import NATIVE

READERS = "linear_(addon|codabar|code39|code93|code128|ean|itf|upce)"

LAYERS = {
    "decode": r"decode",
    "linear": r"linear.*",
    "databar": r"databar.*",
    "qr": r"(micro_|rm)?qr.*",
    "dm": r"dm(_.*)?",
    "aztec": r"aztec.*",
    "maxi": r"maxi.*",
    "pdf417": r"pdf417.*",
    "shared": r".*",
}
"""A file belongs to the first that its name matches."""

MAY_INCLUDE = {
    "decode": r"linear|qr|dm|aztec|maxi|pdf417",
    "linear": r"linear.*|databar",
    "databar": r"databar.*|linear_read",
    "qr": r"(micro_|rm)?qr.*",
    "dm": r"dm_.*",
    "aztec": r"aztec_.*",
    "maxi": r"maxi_.*",
    "pdf417": r"pdf417_.*",
    "shared": r"",
}
"""Beside the shared ones."""


def layer(stem: str) -> str:
    return next(name for name, pattern in LAYERS.items() if re.fullmatch(pattern, stem))


def includes(stem: str) -> set[str]:
    text = "".join(path.read_text(encoding="utf-8") for path in NATIVE.glob(f"src/{stem}.[ch]"))
    return set(re.findall(r'^#include "(\w+)\.h"', text, re.MULTILINE)) - {stem, "bc"}


STEMS = sorted({path.stem for path in NATIVE.glob("src/*.[ch]")})


@pytest.mark.parametrize("stem", STEMS)
def test_includes_run_one_way(stem: str) -> None:
    may = MAY_INCLUDE[layer(stem)]
    foreign = {name for name in includes(stem) if layer(name) != "shared" and not re.fullmatch(may, name)}

    assert not foreign


@pytest.mark.parametrize("stem", [stem for stem in STEMS if re.fullmatch(READERS, stem)])
def test_a_linear_symbology_sees_widths_and_no_pixels(stem: str) -> None:
    assert includes(stem) <= {"linear_read", "linear_common", "linear_ean"}

"""rMQR modules to content, against zint; damaged ones read right or not at all."""

from __future__ import annotations

import pytest
import zint

from native.barcode import Symbology
from tests.native.plane_reader import OK, RMQR, Content, PlaneReader
from tests.native.zint_modules import Modules, modules

KIND = zint.Symbology.RMQR
VERSIONS = range(1, 33)
LEVELS = {"M": 2, "H": 4}
"""And zint's numbers of them."""


def read(plane_reader: PlaneReader, made: Modules) -> Content:
    status, content = plane_reader.read(RMQR, made)
    assert (status, content is None) == (OK, False)
    assert content is not None
    return content


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("level", LEVELS)
def test_every_version_and_level(plane_reader: PlaneReader, version: int, level: str) -> None:
    for text in ("42", "A1", "b", "点"):
        made = modules(
            KIND, text, option_1=LEVELS[level], option_2=version, input_mode=zint.InputMode.UNICODE
        )

        content = read(plane_reader, made)

        assert content.payload == text.encode("shift_jis")
        assert (content.symbology, content.version, content.ec_level) == (Symbology.rMQR, version, level)
        assert (content.identifier, content.ec_used) == ("]Q1", 0.0)

"""What an AIM symbology identifier says, for people (ISO/IEC 15424; where vendors differ, both are taken).

An identifier is a code character and a modifier, which adds up options as a hexadecimal digit.
"""

from __future__ import annotations

__all__ = ["describe"]

_NAMES = {
    "A": "Code 39",
    "B": "Telepen",
    "C": "Code 128",
    "D": "Code One",
    "E": "EAN/UPC",
    "F": "Codabar",
    "G": "Code 93",
    "H": "Code 11",
    "I": "Interleaved 2 of 5",
    "J": "DotCode",
    "K": "Code 16K",
    "L": "PDF417",
    "M": "MSI",
    "N": "Anker Code",
    "O": "Codablock",
    "P": "Plessey",
    "Q": "QR",
    "R": "Straight 2 of 5",
    "S": "Straight 2 of 5",
    "T": "Code 49",
    "U": "MaxiCode",
    "X": "other",
    "Z": "no bar code",
    "c": "Channel Code",
    "d": "Data Matrix",
    "e": "GS1 DataBar or composite",
    "h": "Han Xin",
    "o": "OCR",
    "p": "PosiCode",
    "s": "SuperCode",
    "z": "Aztec",
}
_OWN = {
    "C1": "GS1-128",
    "C4": "Code 128, ISBT",
    "E0": "EAN-13, UPC-A or UPC-E",
    "E3": "EAN/UPC with add-on",
    "E4": "EAN-8",
    "I1": "Interleaved 2 of 5, checked",
    "J1": "GS1 DotCode",
    "Q3": "GS1 QR",
    "Q4": "GS1 QR",
    "d2": "GS1 DataMatrix",
    "d5": "GS1 DataMatrix",
    "e0": "GS1 DataBar",
    "zC": "Aztec rune",
}


def describe(identifier: str) -> str:
    """The symbology of an identifier without its bracket; empty for one that is none."""
    if len(identifier) != 2:
        return ""
    return _OWN.get(identifier, _NAMES.get(identifier[0], ""))

"""One spelling for a flat document, so that a hash or a signature means the same everywhere.

The JSON Canonicalization Scheme (RFC 8785) for objects of scalars and of objects of scalars: keys sorted, no
white space, UTF-8, numbers as ECMAScript writes them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from edge.core.model import Scalar

__all__ = ["CanonicalError", "canonical"]

_MAX_INTEGER: Final = 2**53 - 1
"""Beyond it other languages' numbers are not exact (RFC 7493, 2.2)."""


class CanonicalError(ValueError):
    """A value that has no canonical form."""


def canonical(document: Mapping[str, Scalar | Mapping[str, Scalar]]) -> bytes:
    """The bytes to hash and to sign.  Raises CanonicalError for a number that is not finite or not exact."""
    return _object(document).encode()


def _object(members: Mapping[str, Scalar | Mapping[str, Scalar]]) -> str:
    # RFC 8785 sorts by UTF-16 units; our keys are ASCII, where that is the order of the characters.
    return "{" + ",".join(f"{_string(key)}:{_value(members[key])}" for key in sorted(members)) + "}"


def _value(value: Scalar | Mapping[str, Scalar]) -> str:
    if isinstance(value, Mapping):
        return _object(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int):
        if abs(value) > _MAX_INTEGER:
            raise CanonicalError(f"{value} is beyond 2^53")
        return str(value)
    return _float(value)


def _string(text: str) -> str:
    # Python escapes what RFC 8785 says and in its way: \b \t \n \f \r \" \\ and \u00xx in lower case.
    return json.dumps(text, ensure_ascii=False)


def _float(value: float) -> str:
    """ECMA-262, Number::toString: the shortest digits that read back, in its own choice of notation."""
    if not math.isfinite(value):
        raise CanonicalError("a number that is not finite")
    if value == 0:
        return "0"
    plain = Decimal(repr(value))
    exponent = plain.adjusted()
    if -7 < exponent < 21:
        text = format(plain, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    sign, digits, _ = plain.normalize().as_tuple()
    mantissa = "".join(map(str, digits))
    head = mantissa[0] + (f".{mantissa[1:]}" if len(mantissa) > 1 else "")
    return f"{'-' if sign else ''}{head}e{exponent:+d}"

"""Ed25519 in plain integers, after RFC 8032 section 5.1: slow, and nobody's library."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha512

__all__ = ["ORDER", "public_key", "sign", "small_order_encodings", "verify"]

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)

Point = tuple[int, int]


def _add(a: Point, b: Point) -> Point:
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + t, P - 2, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - t, P - 2, P) % P
    return x, y


def _times(n: int, point: Point) -> Point:
    result: Point = (0, 1)
    while n:
        if n & 1:
            result = _add(result, point)
        point, n = _add(point, point), n >> 1
    return result


def _x_of(y: int, odd: int) -> int | None:
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT % P
    if x * x % P != square:
        return None
    return P - x if x and x & 1 != odd else x


def _base() -> Point:
    y = 4 * pow(5, P - 2, P) % P
    x = _x_of(y, 0)
    assert x is not None
    return x, y


BASE = _base()


def _encode(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def _decode(text: bytes) -> Point | None:
    number = int.from_bytes(text, "little")
    y, odd = number & (2**255 - 1), number >> 255
    x = _x_of(y % P, odd)
    return None if x is None else (x, y % P)


def _secret(key: bytes) -> tuple[int, bytes]:
    digest = sha512(key).digest()
    scalar = int.from_bytes(digest[:32], "little") & ~7 & (2**255 - 1) | 2**254
    return scalar, digest[32:]


def public_key(key: bytes) -> bytes:
    """The public half of 32 secret bytes."""
    return _encode(_times(_secret(key)[0], BASE))


def sign(key: bytes, message: bytes) -> bytes:
    """The 64 bytes of the one signature."""
    scalar, prefix = _secret(key)
    r = int.from_bytes(sha512(prefix + message).digest(), "little") % ORDER
    point = _encode(_times(r, BASE))
    k = int.from_bytes(sha512(point + public_key(key) + message).digest(), "little") % ORDER
    return point + ((r + k * scalar) % ORDER).to_bytes(32, "little")


def verify(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether [s]B = R + [k]A."""
    a, r = _decode(key), _decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= ORDER:
        return False
    k = int.from_bytes(sha512(signature[:32] + key + message).digest(), "little") % ORDER
    return _times(s, BASE) == _add(r, _times(k, a))


def small_order_encodings() -> Iterator[bytes]:
    """Every 32 bytes that a lax reader takes for a point whose eighth multiple is nothing."""
    # Any point times the large order lies in the small group; the point of order 8 gives all of it.
    y = 2
    eighth: Point = (0, 1)
    while _times(4, eighth) == (0, 1):
        x = _x_of(y, 0)
        eighth = _times(ORDER, (x, y)) if x is not None else (0, 1)
        y += 1
    for n in range(8):
        _, height = _times(n, eighth)
        for spelled in (height, height + P):
            for odd in (0, 1):
                if spelled < 2**255:
                    yield (spelled | odd << 255).to_bytes(32, "little")

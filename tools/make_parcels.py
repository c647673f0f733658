"""Writes a manifest of made-up parcels: `python -m tools.make_parcels --out examples/parcels.csv`.

The same seed and number of rows give the same file.  Every form of tracking code the service knows is in it,
right by its own check digit.  Nobody in it exists: telephone numbers come from ranges that no subscriber is
given (in China no mobile number begins with 12; Ofcom, NANPA and ARCEP keep ranges for films).
"""

from __future__ import annotations

import argparse
import csv
import io
import random
from collections.abc import Callable
from pathlib import Path

from edge.core.ident_checks import (
    deutsche_post_check_digit,
    dhl_check_digit,
    fedex_check_digit,
    mod10_check_digit,
    s10_check_digit,
    ups_check_digit,
)

__all__ = ["make_manifest"]

HEADER = ("parcel_id", "tracking_code", "recipient", "phone", "size", "carrier", "consent", "recipient_id")

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
)
COMPOUND = ("欧阳", "司马", "上官", "诸葛", "皇甫")
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国志海晓雪梅文波宇浩然子轩梓涵思远嘉怡"
RARE_NAMES = ("龙䶮", "陈㛃", "𠮷田健", "刘䶮", "周㛃文", "𠮷川美咲")
LATIN = (
    "John Smith",
    "Maria García",
    "Zoë Müller",
    "Søren Kjær",
    "Anne-Marie Dubois",
    "Olu Adeyemi",
    "Priya Sharma",
    "Łukasz Nowak",
    "Emily O'Brien",
    "Nguyễn Thị Hoa",
)
SIZES = ("S", "S", "S", "M", "M", "L", "XL", "")
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
NO_CONSENT_SHARE = 0.03
SAME_RECIPIENT_SHARE = 0.2

Maker = Callable[[random.Random], str]


def digits(rng: random.Random, count: int) -> str:
    """`count` random digits."""
    return "".join(rng.choices("0123456789", k=count))


def _checked(rng: random.Random, prefix: str, count: int, rule: Callable[[str], str], skip: int = 0) -> str:
    """`prefix`, `count` digits and the check digit by `rule` over all but the first `skip` characters."""
    body = prefix + digits(rng, count)
    return body + rule(body[skip:])


def _s10(service: str, country: str) -> Maker:
    def make(rng: random.Random) -> str:
        serial = digits(rng, 8)
        return f"{service}{rng.choice(LETTERS)}{serial}{s10_check_digit(serial)}{country}"

    return make


def _ups(rng: random.Random) -> str:
    shipper = "".join(rng.choices(LETTERS + "0123456789", k=6))
    return "1Z" + _checked(rng, shipper + rng.choice(("01", "03", "12", "68")), 7, ups_check_digit)


def _usps_routed(rng: random.Random) -> str:
    return "420" + digits(rng, 5) + _checked(rng, "94", 19, mod10_check_digit)


FORMS: tuple[tuple[str, Maker, int], ...] = (
    ("ems", _s10("E", "CN"), 5),
    ("ems", lambda rng: f"{rng.choice('189')}{digits(rng, 12)}", 3),
    ("ems", lambda rng: f"P{rng.choice(LETTERS)}{digits(rng, 11)}", 1),
    ("china-post", _s10("R", "CN"), 2),
    ("china-post", _s10("L", "CN"), 1),
    ("ems", _s10("E", "GB"), 1),
    ("china-post", _s10("C", "DE"), 1),
    ("ems", lambda rng: "(00)" + _checked(rng, "0690", 13, mod10_check_digit), 1),
    ("sf", lambda rng: f"SF{digits(rng, 13)}", 2),
    ("sf", lambda rng: digits(rng, 12), 1),
    ("yto", lambda rng: f"YT{digits(rng, 13)}", 2),
    ("zto", lambda rng: f"7{rng.choice('34568')}{digits(rng, 12)}", 2),
    ("sto", lambda rng: f"77{digits(rng, 13)}", 2),
    ("sto", lambda rng: f"43{digits(rng, 13)}", 1),
    ("yunda", lambda rng: f"{rng.choice('34')}{digits(rng, 14)}", 1),
    ("yunda", lambda rng: f"5{digits(rng, 12)}", 1),
    ("jt", lambda rng: f"JT{digits(rng, 13)}", 1),
    ("jd", lambda rng: f"JDV{rng.choice(LETTERS)}{digits(rng, 11)}", 1),
    ("jd", lambda rng: f"JDV{rng.choice(LETTERS)}{digits(rng, 11)}-1-1-", 1),
    ("deppon", lambda rng: f"DPK{digits(rng, 12)}", 1),
    ("cainiao", lambda rng: f"621{digits(rng, 12)}", 1),
    ("ups", _ups, 1),
    ("fedex", lambda rng: _checked(rng, "", 11, fedex_check_digit), 1),
    ("fedex", lambda rng: _checked(rng, "", 14, mod10_check_digit), 1),
    ("fedex", lambda rng: _checked(rng, "1001" + digits(rng, 16) + "00", 11, fedex_check_digit, skip=20), 1),
    ("usps", lambda rng: _checked(rng, "94", 19, mod10_check_digit), 1),
    ("usps", lambda rng: _checked(rng, "92", 23, mod10_check_digit), 1),
    ("usps", _usps_routed, 1),
    ("dhl", lambda rng: _checked(rng, "", 9, dhl_check_digit), 1),
    ("dhl", lambda rng: _checked(rng, "", 10, dhl_check_digit), 1),
    ("deutsche-post", lambda rng: _checked(rng, "", 11, deutsche_post_check_digit), 1),
    ("deutsche-post", lambda rng: _checked(rng, "", 13, deutsche_post_check_digit), 1),
    ("amazon", lambda rng: f"TBA{digits(rng, 12)}", 1),
    ("ontrac", lambda rng: _checked(rng, "C1", 12, ups_check_digit), 1),
)
"""Carrier, maker, weight.  EMS and China Post lead: the example's courier works for them."""


def _chinese_name(rng: random.Random) -> str:
    surname = rng.choice(COMPOUND) if rng.random() < 0.05 else rng.choice(SURNAMES)
    return surname + "".join(rng.choices(GIVEN, k=rng.choice((1, 2, 2))))


def _person(rng: random.Random, number: int) -> tuple[str, str, str]:
    """Name, telephone, recipient id of person `number`; one in 40 has a rare character, one in 8 a Latin
    name."""
    recipient_id = f"r-{number:05d}" if number % 3 else ""
    if number % 40 == 7:
        return RARE_NAMES[number // 40 % len(RARE_NAMES)], _china_phone(rng), recipient_id
    if number % 8 == 5:
        return LATIN[number // 8 % len(LATIN)], _foreign_phone(rng), recipient_id
    return _chinese_name(rng), _china_phone(rng), recipient_id


def _china_phone(rng: random.Random) -> str:
    return f"12{digits(rng, 9)}"


def _foreign_phone(rng: random.Random) -> str:
    return rng.choice(
        (f"+447700900{digits(rng, 3)}", f"+1202555{rng.randrange(100, 200):04d}", f"+3363998{digits(rng, 4)}")
    )


def _rows(seed: int, count: int) -> list[tuple[str, ...]]:
    rng = random.Random(seed)
    people: list[tuple[str, str, str]] = []
    weights = [weight for _, _, weight in FORMS]
    seen: set[str] = set()
    rows: list[tuple[str, ...]] = []
    while len(rows) < count:
        carrier, make, _ = FORMS[len(rows)] if len(rows) < len(FORMS) else rng.choices(FORMS, weights)[0]
        code = make(rng)
        if code in seen:
            continue
        seen.add(code)
        if not people or rng.random() >= SAME_RECIPIENT_SHARE:
            people.append(_person(rng, len(people)))
            person = people[-1]
        else:
            person = rng.choice(people)
        name, phone, recipient_id = person
        consent = "no" if rng.random() < NO_CONSENT_SHARE else "yes"
        rows.append(
            (f"p-{len(rows) + 1:05d}", code, name, phone, rng.choice(SIZES), carrier, consent, recipient_id)
        )
    return rows


def make_manifest(seed: int, rows: int) -> str:
    """The CSV text, lines ending in LF."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(_rows(seed, rows))
    return out.getvalue()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Write a manifest of made-up parcels.")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same parcels (default 1)")
    parser.add_argument("--rows", type=int, default=300, help="parcels (default 300)")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    args = parser.parse_args()
    args.out.write_text(make_manifest(args.seed, args.rows), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

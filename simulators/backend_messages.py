"""What a recipient gets on the phone: composed from a parcel's facts, in Chinese and English.

Pure functions over one CloudEvent; the store keeps at most one message a fact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from simulators.backend_codes import grouped, pickup_code, qr_text

__all__ = ["Deposit", "Message", "Place", "compose"]

CHINA: Final = timezone(timedelta(hours=8), "CST")
"""One time zone, no summer time: no tz database is needed."""


@dataclass(frozen=True, slots=True)
class Place:
    """A station as its recipients know it, and the secret shared with it (None: no codes can be derived)."""

    station: str
    name: str
    address: str
    phone: str
    pepper: bytes | None = None


@dataclass(frozen=True, slots=True)
class Deposit:
    """What is known of a parcel's stay from its deposit."""

    parcel: str
    tracking_code: str
    compartment_number: str


@dataclass(frozen=True, slots=True)
class Message:
    """One short message.  `kind` is deposited, or of a later fact its own word; `at` is the time of the fact.

    `code` and `qr` are set for deposits only.
    """

    kind: str
    station: str
    parcel: str
    tracking_code: str
    sequence: int
    phone: str
    zh: str
    en: str
    at: str
    compartment_number: str = ""
    code: str = ""
    qr: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def compose(
    event: Mapping[str, Any], place: Place, phone: str, deposit: Callable[[str], Deposit | None]
) -> Message | None:
    """The message this fact calls for, or None.

    `deposit` looks up an earlier deposit by parcel id.  A deposit fact without
    the fields of the contract raises KeyError or ValueError.
    """
    data = event["data"]
    if event["type"] == "ph.parcel.deposited.v1":
        return _deposited(event, data, place, phone)
    words = _LATER.get(event["type"])
    if words is None:
        return None
    kind, zh, en = words
    known = deposit(data["parcel"])
    number = known.compartment_number if known else ""
    tracking = known.tracking_code if known else str(data.get("tracking_code", ""))
    names = {
        "tail": tracking[-4:],
        "number": number,
        "place": place.name,
        "phone": place.phone,
        "when": _local(_moment(event["time"])),
        "until": _local(datetime.fromtimestamp(int(data.get("expires_at_ms", 0)) / 1000, UTC)),
    }
    return Message(
        kind=kind,
        station=place.station,
        parcel=data["parcel"],
        tracking_code=tracking,
        sequence=int(event["sequence"]),
        phone=phone,
        zh=zh.format(**names),
        en=en.format(**names),
        at=event["time"],
        compartment_number=number,
    )


_LATER: Final = {
    "ph.parcel.expired.v1": (
        "expired",
        "【鸽巢】您尾号 {tail} 的包裹已过免费保管期，取件码失效，快递员将取回。如仍需领取，请致电 {phone}。",
        "Your parcel ending {tail} has passed its holding period. The code no longer works and the courier "
        "will take it back. To still receive it, call {phone}.",
    ),
    "ph.parcel.recall-ordered.v1": (
        "recall-ordered",
        "【鸽巢】您尾号 {tail} 的包裹将由快递员取回，取件码已失效。如有疑问，请致电 {phone}。",
        "The courier will take back your parcel ending {tail}; its code no longer works. Questions: {phone}.",
    ),
    "ph.parcel.deadline-shifted.v1": (
        "deadline-shifted",
        "【鸽巢】您尾号 {tail} 的包裹的取件期限改为 {until}，原取件码有效。咨询电话 {phone}。",
        "You can now pick up your parcel ending {tail} until {until} with the code you have. Help: {phone}.",
    ),
    "ph.parcel.picked-up.v1": (
        "picked-up",
        "【鸽巢】您尾号 {tail} 的包裹已于 {when} 在{place}取出。如非本人操作，请立即致电 {phone}。",
        "Your parcel ending {tail} was picked up at {when}, {place}. Not you? Call {phone} at once.",
    ),
    "ph.parcel.recalled.v1": (
        "recalled",
        "【鸽巢】您尾号 {tail} 的包裹已由快递员取回，将联系您重新派送。咨询电话 {phone}。",
        "The courier has taken back your parcel ending {tail} and will contact you. Questions: {phone}.",
    ),
}


def _deposited(event: Mapping[str, Any], data: Mapping[str, Any], place: Place, phone: str) -> Message:
    if place.pepper is None:
        raise ValueError(f"no pepper for station {place.station}: no pickup code can be derived")
    code = pickup_code(place.pepper, place.station, data["parcel"], int(data["code_nonce"]))
    number = data["compartment_number"]
    tail = data["tracking_code"][-4:]
    until = datetime.fromtimestamp(data["expires_at_ms"] / 1000, UTC)
    hours = max(1, round((until - _moment(event["time"])).total_seconds() / 3600))
    zh = (
        f"【鸽巢】您尾号 {tail} 的包裹已存入{place.name}（{place.address}）{number} 号柜。"
        f"取件码 {grouped(code)}，请在 {_local(until)} 前领取（免费保管{_stay_zh(hours)}）。"
        f"咨询电话 {place.phone}。"
    )
    en = (
        f"Your parcel ending {tail} is at {place.name}, {place.address}, compartment {number}. "
        f"Pickup code {grouped(code)}. Free until {_local(until)} ({_stay_en(hours)}). Help: {place.phone}."
    )
    return Message(
        kind="deposited",
        station=place.station,
        parcel=data["parcel"],
        tracking_code=data["tracking_code"],
        sequence=int(event["sequence"]),
        phone=phone,
        zh=zh,
        en=en,
        at=event["time"],
        compartment_number=number,
        code=code,
        qr=qr_text(code),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _local(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%m-%d %H:%M")


def _stay_zh(hours: int) -> str:
    return f" {hours // 24} 天" if hours % 24 == 0 else f" {hours} 小时"


def _stay_en(hours: int) -> str:
    if hours % 24 == 0:
        days = hours // 24
        return "1 day" if days == 1 else f"{days} days"
    return "1 hour" if hours == 1 else f"{hours} hours"

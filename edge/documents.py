"""Which page a print job is: the parcel as the state has it, laid out by `edge.labels`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, TypeVar

from edge.core.effects import Print
from edge.core.model import Parcel, Setup, State
from edge.labels.receipt import ReceiptContent, draw_receipt
from edge.labels.typeface import default_typeface
from edge.labels.waybill import WaybillContent, draw_waybill
from hal.interfaces import Raster

__all__ = ["Documents"]

Content = TypeVar("Content", ReceiptContent, WaybillContent)


def _printable(content: Content) -> Content:
    """A letter the typeface lacks becomes its nearest relative: a label with 〓 beats no label."""
    typeface = default_typeface()
    texts: dict[str, Any] = {
        field.name: typeface.with_replacements(value)
        for field in fields(content)
        if isinstance(value := getattr(content, field.name), str)
    }
    return replace(content, **texts)


class Documents:
    """Draws receipt and waybill.  `prepare` belongs to the loop; what it returns may run in any thread."""

    def __init__(self, setup: Setup, name: str, address: str) -> None:
        self._setup = setup
        self._name = name
        self._address = address

    def prepare(self, effect: Print, state: State, now_ms: int) -> Callable[[], Raster]:
        """Take what the page needs out of `state` now; drawing may come later.

        Raises KeyError for no such parcel.
        """
        parcel = state.parcels[effect.parcel]
        at = datetime.fromtimestamp(now_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M")
        if effect.document == "receipt":
            receipt = self._receipt(parcel, state, at)
            return lambda: draw_receipt(_printable(receipt))
        waybill = self._waybill(parcel, at)
        return lambda: draw_waybill(_printable(waybill))

    def _number(self, parcel: Parcel) -> str:
        compartment = self._setup.layout.compartments.get(parcel.compartment or "")
        return compartment.number if compartment is not None else ""

    def _receipt(self, parcel: Parcel, state: State, at: str) -> ReceiptContent:
        session = state.session
        staff = self._setup.staff.get(session.staff_id or "") if session is not None else None
        return ReceiptContent(
            tracking_code=parcel.tracking_code,
            compartment_number=self._number(parcel),
            station_name=self._name,
            deposited_at=at,
            courier=staff.name if staff is not None else "",
            carrier=parcel.carrier,
        )

    def _waybill(self, parcel: Parcel, at: str) -> WaybillContent:
        return WaybillContent(
            tracking_code=parcel.tracking_code,
            carrier=parcel.carrier,
            recipient=parcel.recipient_masked,
            recipient_phone=parcel.phone_masked,
            compartment_number=self._number(parcel),
            station_name=self._name,
            station_address=self._address,
            printed_at=at,
            gs1=parcel.tracking_code.startswith("00") and len(parcel.tracking_code) == 20,
            returned=True,
        )

"""Made-up contents that show what the labels can look like; for the preview, the bench and the tests."""

from __future__ import annotations

from dataclasses import replace

from edge.labels.receipt import ReceiptContent
from edge.labels.waybill import WaybillContent

__all__ = ["RECEIPTS", "WAYBILLS"]

_EMS = WaybillContent(
    tracking_code="EE123456785CN",
    carrier="EMS 邮政特快",
    routing="310-A12-004",
    compartment_number="B07",
    recipient="张*",
    recipient_phone="138****5678",
    recipient_address="上海市浦东新区世纪大道 1 号 鸽巢演示站（1 号楼大堂东侧）",
    sender="李*",
    sender_phone="129****0417",
    sender_address="北京市西城区金融大街 3 号",
    station_name="鸽巢演示站 Pigeonhole Demo",
    station_address="浦东新区世纪大道 1 号 / 1 Century Ave",
    station_phone="400-000-0000",
    printed_at="2026-05-03 14:05",
    size="M",
)

WAYBILLS = {
    "waybill": _EMS,
    "waybill-return": replace(
        _EMS,
        tracking_code="JDVA11408814483",
        carrier="京东 JD",
        returned=True,
        return_reason="逾期未取 Not picked up",
    ),
    "waybill-fedex-34": replace(
        _EMS,
        tracking_code="1001901781990001000300617767839437",
        carrier="FedEx Ground",
        recipient="John Smith",
        recipient_phone="+442071234567",
        recipient_address="1 Century Avenue, Pudong New Area, Shanghai, building 12, entrance by the river",
        size="XL",
        compartment_number="D1204",
    ),
    "waybill-sscc": replace(
        _EMS, tracking_code="00370123456000000009", carrier="中国邮政 China Post", gs1=True
    ),
    "waybill-long": replace(
        _EMS,
        tracking_code="A1B2C3D4E5F6G7H8I9J0K1L2M3N4O5",
        carrier="一家名字特别特别长的快递物流有限责任公司上海分公司",
        routing="",
        recipient="欧阳𠮷䶮",
        recipient_address="新疆维吾尔自治区巴音郭楞蒙古自治州若羌县铁干里克镇果勒吾斯塘村特别长的地址需要截断才能放下"
        * 2,
        sender="",
        sender_phone="",
        sender_address="",
    ),
}
RECEIPTS = {
    "receipt": ReceiptContent(
        tracking_code="EE123456785CN",
        compartment_number="B07",
        station_name="鸽巢演示站 Pigeonhole Demo",
        deposited_at="2026-05-03 14:05",
        courier="王建国",
        carrier="EMS",
    ),
    "receipt-long": ReceiptContent(
        tracking_code="1001901781990001000300617767839437",
        compartment_number="D1204",
        station_name="名字特别特别长的快递柜演示站点浦东新区世纪大道",
        deposited_at="2026-05-03 14:05",
        courier="Emily O'Brien",
        carrier="FedEx",
    ),
}

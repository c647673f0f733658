"""The operator's page in a real browser: clicks reach the simulated hardware, and what it does is shown."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from simulators.world import SimParcel
from tests.backend.scripted_station import deposited, until
from tests.console.conftest import ANNOUNCED, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

AXE = Path(__file__).parents[1] / "kiosk" / "vendor" / "axe.min.js"
PICTURES = Path(__file__).parents[2] / "artefacts" / "console"
LABEL = b"^XA^PW400^LL200^FO20,20^GFA,8,8,1,FF818181818181FF^XZ"


async def _choose(page: Page, compartment: str) -> None:
    await page.locator(f"#c-{compartment}").click()
    await expect(page.get_by_role("dialog", name=f"Compartment {compartment.upper()}")).to_be_visible()


async def test_every_compartment_of_the_station_is_drawn(page: Page, site: Site) -> None:
    await expect(page.locator(".compartment")).to_have_count(len(site.cabinet.plan.compartments))


async def test_a_click_closes_an_open_door(page: Page, site: Site) -> None:
    site.cabinet.world.force_open("c05")
    await expect(page.get_by_role("button", name="C05, door open")).to_be_visible()

    await _choose(page, "c05")
    await page.get_by_role("button", name="Close the door").click()

    await until(lambda: not site.cabinet.world.door_is_open("c05"))
    await expect(page.get_by_role("button", name="C05, door closed")).to_be_visible()


async def test_a_parcel_goes_from_the_hand_into_the_compartment_and_out(page: Page, site: Site) -> None:
    world = site.cabinet.world
    world.force_open("d08")
    await page.get_by_role("searchbox", name="Find a parcel").fill("ED187244678CN")
    await page.get_by_role("button", name="ED187244678CN").first.click()
    await _choose(page, "d08")

    await page.get_by_role("button", name="Put in …78CN").click()
    await until(lambda: [p.tracking_code for p in world.parcels("d08")] == ["ED187244678CN"])
    assert world.parcels("d08")[0].owner == "唐国宇"

    await page.get_by_role("button", name="Take out").click()
    await until(lambda: not world.parcels("d08"))
    world.close_door("d08")
    await page.get_by_role("searchbox", name="Find a parcel").fill("")


async def test_a_jam_set_on_the_card_is_in_force_and_repaired(page: Page, site: Site) -> None:
    await _choose(page, "a03")
    await page.get_by_role("button", name="jammed latch", exact=True).click()
    await until(lambda: site.cabinet.faults.find("jammed_latch", "a03") is not None)

    await page.get_by_role("button", name="Repair jammed latch on a03").click()
    await until(lambda: site.cabinet.faults.find("jammed_latch", "a03") is None)


async def test_the_whole_fault_menu_is_offered(page: Page, site: Site) -> None:
    names = await page.locator("#fault-name option").evaluate_all("all => all.map((each) => each.value)")

    assert sorted(names) == sorted(each["name"] for each in site.cabinet.faults.describe())

    await page.locator("#fault-name").select_option("late_reply")
    await page.locator("#fault-target").select_option("b1")
    await page.get_by_label("delay s").fill("0.7")
    await page.get_by_role("button", name="Break it").click()
    await until(lambda: site.cabinet.faults.find("late_reply", "b1") is not None)
    fault = site.cabinet.faults.find("late_reply", "b1")
    assert fault is not None
    assert fault.params["delay_s"] == 0.7


async def test_a_scan_reaches_the_scanners_wire(page: Page, site: Site) -> None:
    port = os.open(site.cabinet.scanners["window"].path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        await page.locator("#scan-text").fill("SF1234567890123")
        await page.locator("form.any").get_by_role("button", name="Scan").click()
        assert await _read(port, b"\r") == b"]C0SF1234567890123\r"
    finally:
        os.close(port)


async def test_a_deposit_becomes_a_message_whose_qr_can_be_scanned(page: Page, site: Site) -> None:
    site.station.publish(deposited(1, parcel="p-00001"))
    message = page.locator(".bubble.deposited")
    await expect(message).to_contain_text("A05")
    await expect(page.locator(".parcels li", has_text="ED187244678CN")).to_contain_text("A05")
    await expect(page.locator(".events li").first).to_contain_text("parcel deposited")
    code = site.backend.messages[-1].code
    await expect(message).to_contain_text(f"{code[:3]} {code[3:6]} {code[6:]}")

    port = os.open(site.cabinet.scanners["window"].path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        await message.get_by_role("button").click()
        assert await _read(port, b"\r") == f"]Q1PHP:{code}\r".encode()
    finally:
        os.close(port)


async def test_a_compartment_that_differs_from_the_record_is_marked(page: Page, site: Site) -> None:
    world = site.cabinet.world
    world.force_open("b06")
    world.put("b06", SimParcel("STRAY-1", "nobody"))
    world.close_door("b06")

    await expect(page.get_by_role("button", name="B06, door closed, 1 inside, differs")).to_be_visible()

    world.force_open("b06")
    world.take("b06")
    world.close_door("b06")
    await expect(page.get_by_role("button", name="B06, door closed, empty")).to_be_visible()


async def test_opening_from_the_card_is_a_command_and_its_result_is_told(page: Page, site: Site) -> None:
    sent = len(site.station.commands)
    await _choose(page, "c01")
    await page.get_by_role("button", name="Ask the station to open").click()

    await until(lambda: len(site.station.commands) > sent)
    await expect(page.get_by_role("status")).to_contain_text("open C01: succeeded")
    assert site.station.commands[-1]["data"]["compartment"] == "c01"


@pytest.mark.parametrize(("button", "in_service"), [("Out of service", False), ("Into service", True)])
async def test_service_set_from_the_card_is_a_command_and_its_result_is_told(
    page: Page, site: Site, button: str, in_service: bool
) -> None:
    sent = len(site.station.commands)
    await _choose(page, "c01")
    await page.get_by_role("button", name=button).click()

    await until(lambda: len(site.station.commands) > sent)
    await expect(page.get_by_role("status")).to_contain_text("set-service C01: succeeded")
    data = site.station.commands[-1]["data"]
    assert (data["compartment"], data["in_service"], data["operator"]) == ("c01", in_service, "console")
    assert data["reason"]


async def test_many_doors_are_ordered_in_the_form_and_two_operators_sign(page: Page, site: Site) -> None:
    await page.get_by_role("tab", name="Commands").click()
    form = page.get_by_role("form", name="A command")
    sent = len(site.station.commands)
    await form.get_by_label("Command").select_option("open-many")
    await form.get_by_label("Compartments").fill("A01, a02")
    await form.get_by_label("Reason").fill("fire drill")
    await form.get_by_role("button", name="Send").click()

    await until(lambda: len(site.station.commands) > sent)
    first = page.get_by_role("list", name="Commands sent").get_by_role("listitem").first
    await expect(first).to_contain_text("open-many A01 A02 succeeded")
    data = site.station.commands[-1]["data"]
    assert (data["compartments"], data["reason"]) == (["a01", "a02"], "fire drill")
    assert [each["operator"] for each in data["signatures"]] == ["console", "console-2"]


async def test_a_form_that_lacks_something_sends_nothing_and_says_what(page: Page, site: Site) -> None:
    sent = len(site.station.commands)
    await page.get_by_role("tab", name="Commands").click()
    form = page.get_by_role("form", name="A command")
    await form.get_by_label("Command").select_option("recall")
    await form.get_by_role("button", name="Send").click()

    await expect(page.get_by_role("status")).to_contain_text("recall needs Parcel")
    assert len(site.station.commands) == sent


async def test_a_grant_is_signed_held_under_the_scanner_and_taken_back(page: Page, site: Site) -> None:
    scanner = os.open(site.cabinet.scanners["window"].path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    await page.get_by_role("tab", name="Grants").click()
    form = page.get_by_role("form", name="An offline grant")
    await form.get_by_label("Grant").select_option("service")
    await form.get_by_label("Compartment").select_option("a03")
    await form.get_by_role("button", name="Sign").click()
    grant = page.get_by_role("list", name="Grants").get_by_role("listitem").first
    await expect(grant).to_contain_text("service a03 issued")

    await grant.get_by_role("button", name="Hold its QR code").click()
    try:
        read = await _read(scanner, b"\r")
    finally:
        os.close(scanner)
    assert re.search(rb"[0-9]{210}", read)

    await grant.get_by_role("button", name="Take back").click()
    await expect(grant).to_contain_text("taken back")
    command = site.station.commands[-1]
    assert command["type"] == "ph.cmd.revoke.v1"
    assert next(iter(command["data"]["grants"])) in await grant.inner_text()


async def test_a_printed_label_appears_as_a_picture(page: Page, site: Site) -> None:
    printer = site.cabinet.printers["label"]
    _, writer = await asyncio.open_connection(printer.host, printer.tcp_port)
    writer.write(LABEL)
    await writer.drain()
    await until(lambda: len(printer.labels) > 0)
    writer.close()

    await page.get_by_role("tab", name="Labels").click()
    picture = page.locator(".labels img").first
    await expect(picture).to_be_visible()
    assert (
        await picture.evaluate("each => each.decode().then(() => each.naturalWidth)")
        == printer.labels[0].width
    )

    await page.get_by_role("button", name="Enlarge label").first.click()
    await expect(page.get_by_role("dialog", name="Printed label")).to_be_visible()
    await page.get_by_role("dialog", name="Printed label").get_by_role("button", name="Close").click()
    await page.get_by_role("tab", name="Phone").click()


async def test_the_wire_shows_frames_and_what_a_fault_did_to_them(page: Page, site: Site) -> None:
    await page.get_by_role("tab", name="Wire").click()
    site.cabinet.faults.inject("garbled_reply", "a1")
    line = next(line for name, line in site.cabinet.lines.items() if name == "line-a")
    port = os.open(line.port.path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        os.write(port, bytes.fromhex("0101000000083DCC"))
        await expect(page.locator(".wire")).to_contain_text("01 01 00 00 00 08 3D CC")
        await expect(page.locator(".wire")).to_contain_text("garbled")
    finally:
        os.close(port)
    await page.get_by_role("tab", name="Facts").click()


async def test_the_touch_screen_is_in_the_wall(page: Page) -> None:
    await expect(page.frame_locator("iframe").get_by_role("heading", name="kiosk")).to_be_attached()
    await page.get_by_role("button", name="Enlarge", exact=True).click()
    await expect(page.locator(".terminal.large")).to_be_visible()
    await page.get_by_role("button", name="Back into the wall").click()


async def test_everything_can_be_reached_with_the_keyboard(page: Page) -> None:
    await page.locator("#c-a01").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="Compartment A01")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("#c-a01")).to_be_focused()


@pytest.mark.parametrize(
    "tabs",
    [
        ("Phone", "Facts"),
        ("Labels", "Wire"),
        ("Labels", "Contract"),
        ("Commands", "Facts"),
        ("Grants", "Facts"),
    ],
)
async def test_axe_finds_nothing(page: Page, site: Site, tabs: tuple[str, str]) -> None:
    site.cabinet.faults.inject("paper_out", "label")
    site.cabinet.world.force_open("a07")
    for tab in tabs:
        await page.get_by_role("tab", name=tab).click()
    await _choose(page, "a07")
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate(
        "() => axe.run(document, {iframes: false}).then((r) => r.violations.map((v) => "
        "[v.id, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + ' ' + n.failureSummary)]))"
    )
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / f"{'-'.join(tabs).lower()}.png")
    site.cabinet.world.close_door("a07")
    await page.get_by_role("tab", name="Phone").click()
    await page.get_by_role("tab", name="Facts").click()

    assert not found, json.dumps(found, indent=1)


async def test_the_pick_list_has_every_announced_parcel(page: Page) -> None:
    await expect(page.locator(".parcels .code")).to_have_count(ANNOUNCED)


async def test_a_page_opened_later_shows_the_same(page: Page) -> None:
    await page.reload()

    await expect(page.locator(".bubble.deposited")).to_have_count(1)
    await expect(page.locator(".compartment").first).to_be_visible()


async def _read(port: int, end: bytes) -> bytes:
    """Bytes from a pty until `end`."""
    got = bytearray()

    def complete() -> bool:
        try:
            got.extend(os.read(port, 4096))
        except BlockingIOError:
            return False
        return got.endswith(end)

    await until(complete)
    return bytes(got)

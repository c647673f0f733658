"""Every screen in both languages and orientations: in our font, readable, within reach, nothing cut off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import CDPSession, Page

from edge.core.view import View
from tests.kiosk.conftest import ACROSS, UPRIGHT, Kiosk, draw
from tests.kiosk.scenes import ACTIVE, SCENES, SPENT

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVERY = SCENES | SPENT
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")

AXE_RUN_JS = """async () => {
  const found = await axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    rules: { "color-contrast-enhanced": { enabled: true } },
    resultTypes: ["violations"],
  });
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(" | ")}`);
}"""

LAYOUT_JS = """() => {
  const faults = [];
  const box = (e) => e.getBoundingClientRect();
  const shown = (e) => box(e).width > 0 && !e.closest(".unseen") && !e.closest("svg");
  const name = (e) => `${e.tagName}.${e.className}`;
  const main = box(document.querySelector("main"));
  for (const e of document.querySelectorAll("main *, header *, footer *")) {
    if (!shown(e)) continue;
    const b = box(e);
    const off = b.bottom > innerHeight + 1 || b.right > innerWidth + 1 || b.left < -1 || b.top < -1;
    if (off) faults.push("off " + name(e));
    if (e.closest("main") && b.bottom > main.bottom + 1) faults.push("under the footer " + name(e));
  }
  for (const e of document.querySelectorAll("button")) {
    const { width, height } = box(e);
    if (height < 95.5 || width < 48) faults.push(`small ${name(e)} ${width}x${height}`);
  }
  for (const e of document.querySelectorAll(".button, .key, .notice")) {
    const spills = e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1;
    if (spills) faults.push("spills " + name(e));
  }
  const all = document.querySelectorAll("main .lead > *, main .figure > *, main .controls > *");
  const parts = [...all].filter(shown);
  parts.forEach((one, i) => parts.slice(i + 1).forEach((two) => {
    const a = box(one), b = box(two);
    if (a.left < b.right - 2 && b.left < a.right - 2 && a.top < b.bottom - 2 && b.top < a.bottom - 2)
      faults.push(`${name(one)} covers ${name(two)}`);
  }));
  return [...new Set(faults)];
}"""


WITH_TEXT = "p, span, strong, dt, dd, b, button"


async def used_fonts(cdp: CDPSession, root: int) -> dict[str, bool]:
    """Name the fonts that drew the page, and whether each is one the page brought along."""
    nodes = await cdp.send("DOM.querySelectorAll", {"nodeId": root, "selector": WITH_TEXT})
    fonts: dict[str, bool] = {}
    for node in nodes["nodeIds"]:
        found = await cdp.send("CSS.getPlatformFontsForNode", {"nodeId": node})
        fonts |= {font["familyName"]: font["isCustomFont"] for font in found["fonts"]}
    return fonts


async def faults_of(page: Page, cdp: CDPSession) -> list[Any]:
    root = (await cdp.send("DOM.getDocument", {"depth": 0}))["root"]["nodeId"]
    fonts = await used_fonts(cdp, root)
    faults: list[Any] = [f"font {name}" for name, ours in fonts.items() if not ours] if fonts else ["no text"]
    faults += await page.evaluate(LAYOUT_JS)
    faults += await page.evaluate(AXE_RUN_JS)
    return faults


@pytest_asyncio.fixture(loop_scope="module")
async def cdp(kiosk: Kiosk) -> CDPSession:
    """A line to what the browser knows about its fonts; axe is in the page."""
    session = await kiosk.page.context.new_cdp_session(kiosk.page)
    await session.send("DOM.enable")
    await session.send("CSS.enable")
    if not await kiosk.page.evaluate("'axe' in window"):
        await kiosk.page.evaluate(AXE)
    return session


@pytest.mark.parametrize("size", [UPRIGHT, ACROSS], ids=["upright", "across"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("half", [0, 1])
async def test_every_screen_is_whole_and_accessible(
    kiosk: Kiosk, cdp: CDPSession, pictures: Path, size: tuple[int, int], language: str, half: int
) -> None:
    await kiosk.turn(size)
    await kiosk.page.emulate_media(reduced_motion="reduce")
    await kiosk.speak(language)

    faults = {}
    for name, view in list(EVERY.items())[half::2]:
        await kiosk.show(view)
        await draw(cdp, pictures / f"{name}-{language}-{size[0]}x{size[1]}.png")
        # Fewer buttons cannot be less accessible, but may leave holes.
        found = await (faults_of(kiosk.page, cdp) if name in SCENES else kiosk.page.evaluate(LAYOUT_JS))
        if found:
            faults[name] = found

    assert faults == {}


@pytest.mark.parametrize("size", [UPRIGHT, ACROSS], ids=["upright", "across"])
async def test_with_both_languages_at_once_nothing_is_cut_off(
    kiosk: Kiosk, cdp: CDPSession, pictures: Path, size: tuple[int, int]
) -> None:
    await kiosk.turn(size)
    await kiosk.page.emulate_media(reduced_motion="reduce")

    faults = {}
    for name, view in EVERY.items():
        await kiosk.show(view)
        if found := await kiosk.page.evaluate(LAYOUT_JS):
            faults[name] = found
        if name in ("home", "pickup-open", "deposit-doubt"):
            await draw(cdp, pictures / f"{name}-both-{size[0]}x{size[1]}.png")

    assert faults == {}


LOW_PICTURES = {"home", "pickup-code", "courier-pin-wrong", "deposit-confirm", "deposit-failed-inside"}
LOWEST_JS = """() => Math.min(...[...document.querySelectorAll("button")]
  .map((e) => e.getBoundingClientRect().top / innerHeight))"""


@pytest.mark.parametrize(("size", "above"), [(UPRIGHT, 2 / 3), (ACROSS, 0.57)], ids=["upright", "across"])
async def test_in_the_low_layout_every_control_is_near_the_bottom(
    kiosk: Kiosk, cdp: CDPSession, pictures: Path, size: tuple[int, int], above: float
) -> None:
    """Across, two rows of keys over the footer are 43 % of 800 px: keys smaller than 96 px would be worse."""
    await kiosk.turn(size)
    await kiosk.page.emulate_media(reduced_motion="reduce")
    await kiosk.page.click(".reach")

    faults: dict[str, Any] = {}
    for name, view in EVERY.items():
        await kiosk.show(view)
        highest = await kiosk.page.evaluate(LOWEST_JS)
        found = await kiosk.page.evaluate(LAYOUT_JS)
        if found or highest < above:
            faults[name] = (highest, found)
        if name in LOW_PICTURES:
            await draw(cdp, pictures / f"{name}-low-{size[0]}x{size[1]}.png")

    assert faults == {}


@pytest.mark.parametrize("size", [UPRIGHT, ACROSS], ids=["upright", "across"])
@pytest.mark.parametrize("low", [False, True], ids=["usual", "low"])
async def test_the_keyboard_for_tracking_codes_fits(
    kiosk: Kiosk, cdp: CDPSession, pictures: Path, size: tuple[int, int], low: bool
) -> None:
    await kiosk.turn(size)
    if low:
        await kiosk.page.click(".reach")
    await kiosk.show_ready(SCENES["deposit-scan-refused"])
    await kiosk.page.click("[data-action=enter_tracking]")
    await kiosk.page.wait_for_selector(".keyboard")
    await draw(cdp, pictures / f"keyboard-{'low' if low else 'usual'}-{size[0]}x{size[1]}.png")

    assert await faults_of(kiosk.page, cdp) == []


async def test_our_own_fonts_are_loaded_in_both_weights(kiosk: Kiosk) -> None:
    loaded = await kiosk.page.evaluate(
        """() => ["400", "700"].flatMap((w) => ["Kiosk Sans", "Kiosk Latin"].map((f) =>
             document.fonts.check(`${w} 40px "${f}"`, "取件 ABC 123")
             && [...document.fonts].some((x) =>
                  x.family.includes(f) && x.weight === w && x.status === "loaded")))"""
    )

    assert loaded == [True] * 4


@pytest.mark.parametrize("size", [UPRIGHT, ACROSS], ids=["upright", "across"])
async def test_the_map_lights_the_compartment_and_points_at_its_bank(
    kiosk: Kiosk, size: tuple[int, int]
) -> None:
    await kiosk.turn(size)
    await kiosk.speak("en")
    await kiosk.show(SCENES["pickup-open"])
    page = kiosk.page

    assert await page.locator(".compartment").count() == 40
    assert await page.locator(".compartment.active").all_inner_texts() == [ACTIVE]
    assert await page.locator(".bank.here").get_by_text("Look here").count() == 1
    assert await page.locator(".bank.here .compartment").first.inner_text() == "B01"
    label = await page.get_by_role("img", name="Map of the locker").get_attribute("aria-label")
    assert label == "Map of the locker: B04 is number 4 from the top in column B"
    plate = await page.locator(".plate strong").bounding_box()
    assert plate is not None
    assert plate["height"] >= 120
    assert await page.locator(".compartment.out").all_inner_texts() == ["C07"]


async def test_nothing_moves_for_people_who_asked_for_that(kiosk: Kiosk) -> None:
    view: View = SCENES["pickup-open"]
    await kiosk.page.emulate_media(reduced_motion="no-preference")
    await kiosk.show(view)
    moving = await kiosk.page.evaluate("document.getAnimations().length")
    await kiosk.page.emulate_media(reduced_motion="reduce")
    still = await kiosk.page.evaluate("document.getAnimations().length")

    assert moving > 0
    assert still == 0

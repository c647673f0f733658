"""One server, one browser and one page for a file's tests: starting Chromium costs more than all the checks.

Not for longer: what stays would work on beside the tests of other files.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, CDPSession, ConsoleMessage, Page, async_playwright

from edge.core.inputs import Tap
from edge.core.view import View
from edge.kiosk.server import make_app, start
from tests.kiosk.scenes import FACE, SCENES, ScriptedTerminal
from tests.support.patience import PATIENCE_S

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic", "--no-first-run",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
UPRIGHT = (1080, 1920)
ACROSS = (1280, 800)
PICTURES = Path(__file__).parents[2] / "artefacts" / "kiosk"

SETTLED_JS = """(rev) => {
  const main = document.querySelector("main");
  return main && Number(main.dataset.rev) === rev && document.fonts.status === "loaded";
}"""

READY_JS = """(selector) => document.querySelector(`main[data-ready=true]${selector ?? ""}`) !== null"""


async def ready(page: Page, selector: str = "") -> None:
    """Wait for the page to take taps, and to be at a screen that `selector` adds to `main`.

    Playwright's own waiting for elements looks again only half a second later when the screen settles.
    """
    await page.wait_for_function(READY_JS, arg=selector)


async def draw(cdp: CDPSession, path: Path) -> None:
    """Save a picture; less compression than Playwright's own takes a third of the time."""
    got = await cdp.send("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": True})
    path.write_bytes(base64.b64decode(got["data"]))


@dataclass
class Kiosk:
    """The page in a browser and the station behind it."""

    terminal: ScriptedTerminal
    page: Page
    url: str
    complaints: list[str]

    async def show(self, view: View) -> None:
        """Put a view on the station and wait until the page has drawn it."""
        rev = await self.terminal.show(view)
        await self.page.wait_for_function(SETTLED_JS, arg=rev)

    async def show_ready(self, view: View) -> None:
        """As `show`, and wait until the screen takes taps (it swallows the second half of a double tap)."""
        await self.show(view)
        await ready(self.page)

    async def turn(self, size: tuple[int, int]) -> None:
        """Set the screen's size in CSS pixels."""
        await self.page.set_viewport_size({"width": size[0], "height": size[1]})

    async def taps(self, count: int) -> list[Tap]:
        """Wait for the station to have got `count` taps."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.terminal.taps) < count:
                await asyncio.sleep(0.005)
        return self.terminal.taps

    async def answered(self) -> None:
        """Wait until the page has its answer to a tap: until then it sends no other."""
        await self.page.evaluate(ANSWERED_JS)

    async def speak(self, language: str) -> None:
        """Choose a language as a person would."""
        await self.page.click(f"[data-language={language}]")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shared_kiosk(browser: Browser) -> AsyncIterator[Kiosk]:
    terminal = ScriptedTerminal()
    runner = await start(make_app(terminal, FACE), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    page = await browser.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "409 (Conflict)" not in message.text:
            complaints.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield Kiosk(terminal, page, url, complaints)
    await page.close()
    await runner.cleanup()


ANSWERED_JS = """async () => {
  const { busy } = await import("/static/link.js");
  while (busy()) await new Promise((again) => setTimeout(again, 5));
}"""

RESET_JS = """async () => {
  document.querySelectorAll(".reach[aria-pressed=true]").forEach((e) => e.click());
  (await import("/static/language.js")).language.value = null;
}"""


@pytest_asyncio.fixture(loop_scope="module")
async def kiosk(shared_kiosk: Kiosk) -> AsyncIterator[Kiosk]:
    """The home screen, upright, as for a new person; after the test the page must not have complained.

    The page is loaded once: loading it for each test would take longer than all they check.
    """
    terminal = shared_kiosk.terminal
    terminal.taps.clear()
    terminal.answer = True
    shared_kiosk.complaints.clear()
    await shared_kiosk.turn(UPRIGHT)
    if shared_kiosk.page.url != shared_kiosk.url:
        await shared_kiosk.page.goto(shared_kiosk.url)
    await shared_kiosk.show(SCENES["home"])
    await shared_kiosk.page.evaluate(RESET_JS)
    yield shared_kiosk
    assert shared_kiosk.complaints == []


@pytest.fixture
def pictures() -> Path:
    PICTURES.mkdir(parents=True, exist_ok=True)
    return PICTURES

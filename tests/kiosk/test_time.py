"""What the page does with time: counting down, asking for more, tidying up after people."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from edge.core.view import View
from tests.kiosk.conftest import Kiosk
from tests.kiosk.scenes import SCENES, STEP
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def timed(browser: Browser, shared_kiosk: Kiosk) -> AsyncIterator[Kiosk]:
    """A page of its own whose clock stands still until the test moves it."""
    rev = await shared_kiosk.terminal.show(SCENES["home"])
    page = await browser.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    await page.clock.install()
    await page.goto(shared_kiosk.url)
    await page.wait_for_function(
        "(rev) => Number(document.querySelector('main')?.dataset.rev) === rev", arg=rev
    )
    await page.clock.pause_at(await page.evaluate("Date.now() + 1000"))
    shared_kiosk.terminal.taps.clear()
    yield Kiosk(shared_kiosk.terminal, page, shared_kiosk.url, [])
    await page.close()


async def drawn(kiosk: Kiosk, view: View) -> None:
    """As `Kiosk.show` for a page whose frames come only when the clock is moved."""
    rev = await kiosk.terminal.show(view)
    async with asyncio.timeout(PATIENCE_S):
        while True:
            await kiosk.page.clock.run_for(20)
            if await kiosk.page.evaluate("Number(document.querySelector('main').dataset.rev)") == rev:
                return


async def shown_seconds(kiosk: Kiosk) -> int:
    return int(await kiosk.page.inner_text(".time > span[aria-hidden]"))


async def test_the_time_left_counts_down_and_hurries_at_the_end(timed: Kiosk) -> None:
    await drawn(timed, msgspec.structs.replace(SCENES["pickup-open"], seconds=120.0, seconds_left=21.0))
    start_s = await shown_seconds(timed)
    calm = await timed.page.locator(".time.hurry").count()
    await timed.page.clock.run_for(7000)
    later_s = await shown_seconds(timed)
    hurried = await timed.page.locator(".time.hurry").count()
    await timed.page.clock.run_for(60000)

    assert (calm, hurried) == (0, 1)
    assert start_s == 21
    assert start_s - later_s in (6, 7)
    assert await shown_seconds(timed) == 0


async def test_more_time_starts_the_time_anew_and_keeps_what_is_typed(timed: Kiosk) -> None:
    """Also at once, before a second has gone; what comes after that is a new step again."""
    kept = []
    await drawn(timed, SCENES["pickup-code"])
    await timed.page.clock.run_for(500)
    for digit in "1234":
        await timed.page.click(f".key[data-key='{digit}']")
    for number in (1, 2):
        await timed.page.click("[data-action=extend]")
        await timed.taps(number)
        left_s = 60.0 if number == 1 else 90.0
        later = msgspec.structs.replace(SCENES["pickup-code"], step=f"s/{number + 1}", seconds_left=left_s)
        await drawn(timed, later)
        kept.append((await timed.page.locator(".cell.full").count(), await shown_seconds(timed)))
    await drawn(timed, msgspec.structs.replace(SCENES["pickup-code"], step="t/1"))
    await timed.page.clock.run_for(20)

    assert [(tap.action, tap.step) for tap in timed.terminal.taps] == [("extend", STEP), ("extend", "s/2")]
    assert kept == [(4, 60), (4, 90)]
    assert await timed.page.locator(".cell.full").count() == 0


async def test_no_more_time_is_offered_when_the_station_offers_none(kiosk: Kiosk) -> None:
    await kiosk.show(msgspec.structs.replace(SCENES["pickup-open"], actions=[]))

    assert await kiosk.page.locator("[data-action=extend]").count() == 0


async def test_a_home_screen_left_alone_greets_the_next_person_in_both_languages(timed: Kiosk) -> None:
    await timed.page.click("[data-language=en]")
    await timed.page.click(".reach")
    await timed.page.clock.run_for(25000)
    english = await timed.page.locator("[data-language=en][aria-pressed=true]").count()
    await timed.page.clock.run_for(6000)

    assert english == 1
    assert await timed.page.locator("[aria-pressed=true]").count() == 0
    assert await timed.page.get_attribute("html", "lang") == "zh-CN"


async def test_a_farewell_leaves_the_home_screen_by_itself(timed: Kiosk) -> None:
    await drawn(timed, SCENES["home-thanks"])
    await timed.page.clock.run_for(25000)
    there = await timed.page.locator(".notice").count()
    await timed.page.clock.run_for(6000)

    assert there == 1
    assert await timed.page.locator(".notice").count() == 0


async def test_a_lock_out_counts_down_and_stays_until_it_is_over(timed: Kiosk) -> None:
    await drawn(timed, SCENES["home-locked"])
    first = await timed.page.inner_text(".notice .say >> nth=0")
    await timed.page.clock.run_for(60000)
    later = await timed.page.inner_text(".notice .say >> nth=0")
    await timed.page.clock.run_for(60000)

    assert "2 分钟" in first
    assert "58 秒" in later or "59 秒" in later
    assert await timed.page.locator(".notice").count() == 0

"""What the page does: typing, tapping, losing the line, speaking two languages."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser, Page, expect

from edge.core.inputs import Tap
from edge.core.model import Size, Stage
from edge.core.step_tables import TAPS
from edge.kiosk.server import make_app, start
from tests.kiosk.conftest import Kiosk, ready
from tests.kiosk.scenes import FACE, NOTICE_CODES, SCENES, STEP, ScriptedTerminal, note, scene
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOOR_STAGES = ("door_opening", "door_open", "door_failed")
PURPOSES = ("pickup", "deposit", "recall")
EXTRA_WORDS = {"deposit_type", "unknown", "out_of_order", "home"}


async def press_keys(page: Page, keys: str) -> None:
    for key in keys:
        await page.click(f".key[data-key='{key}']")


# Words


TEXTS_JS = """async () => {
  const texts = {};
  for (const name of ["zh", "en"]) texts[name] = (await import(`/static/texts.${name}.js`)).default;
  const params = { attempts_left: 1, wait: "2 min", compartment: "A01", number: "B04", phone: "400",
    code: "X", expired: 1, free: 2, staff: "W", unlocks_left: 1, count: 0, most: 9, done: 1, seconds: 1,
    bank: "A", place: 1 };
  const flat = (value, path, out) => {
    if (typeof value === "function") out[path] = value(path === "wait" ? 30 : params);
    else if (typeof value === "string") out[path] = value;
    else for (const [key, inner] of Object.entries(value)) flat(inner, path ? `${path}/${key}` : key, out);
    return out;
  };
  return { zh: flat(texts.zh, "", {}), en: flat(texts.en, "", {}) };
}"""


async def test_both_languages_have_the_same_texts_and_none_is_empty(kiosk: Kiosk) -> None:
    texts = await kiosk.page.evaluate(TEXTS_JS)

    assert texts["zh"].keys() == texts["en"].keys()
    for language in ("zh", "en"):
        bad = [p for p, t in texts[language].items() if not t.strip() or "undefined" in t or "NaN" in t]
        assert bad == []
    same = [p for p in texts["zh"] if texts["zh"][p] == texts["en"][p]]
    assert same == []


async def test_every_screen_purpose_action_size_and_notice_has_words(kiosk: Kiosk) -> None:
    texts = (await kiosk.page.evaluate(TEXTS_JS))["zh"]
    screens = {stage.value for stage in Stage} | EXTRA_WORDS
    screens |= {
        f"{s}.{p}"
        for s in ("door_opening", "door_open", "door_failed")
        for p in ("pickup", "deposit", "recall", "service")
    }
    actions = {action for taps in TAPS.values() for action in taps}
    wanted = {f"screens/{screen}/{part}" for screen in screens for part in ("title", "hint")}
    wanted |= {f"actions/{action}" for action in actions}
    wanted |= {f"sizes/{size.value}" for size in Size}
    wanted |= {f"notices/{code}" for code in NOTICE_CODES}

    assert wanted - texts.keys() == set()


async def test_every_notice_is_shown_in_the_chosen_language(kiosk: Kiosk) -> None:
    """Through the page itself, so that a notice with parameters is seen with them."""
    await kiosk.speak("en")
    params: dict[str, str | int] = {"attempts_left": 2, "seconds": 40, "compartment": "A02"}
    shown: dict[str, str] = {}
    for code in NOTICE_CODES:
        await kiosk.show(msgspec.structs.replace(SCENES["pickup-code"], notice=note(code, **params)))
        shown[code] = await kiosk.page.locator(".notice").inner_text()
        assert await kiosk.page.locator(".notice").get_attribute("data-code") == code

    assert len(set(shown.values())) == len(NOTICE_CODES)
    assert shown["CODE_WRONG"].endswith("2 attempts left.")
    assert "A02" in shown["DEPOSITED"]
    assert "40 seconds" in shown["LOCKED_OUT"]


async def test_the_home_screen_speaks_both_languages(kiosk: Kiosk) -> None:
    for language in (None, "zh", "en"):
        if language:
            await kiosk.speak(language)
        words = await kiosk.page.locator("[data-action=start_pickup]").inner_text()

        assert "取件" in words
        assert "Pick up" in words


async def test_a_chosen_language_stays_for_the_session_and_marks_the_page(kiosk: Kiosk) -> None:
    await kiosk.speak("en")
    await kiosk.show(SCENES["pickup-code"])
    await kiosk.show(SCENES["pickup-open"])

    assert await kiosk.page.inner_text("h1") == "Take your parcel"
    assert await kiosk.page.get_attribute("html", "lang") == "en"
    await kiosk.speak("zh")
    assert await kiosk.page.inner_text("h1") == "请取走包裹"
    assert await kiosk.page.get_attribute("html", "lang") == "zh-CN"


async def test_a_screen_and_a_notice_nobody_has_words_for_still_help(kiosk: Kiosk) -> None:
    await kiosk.speak("en")
    await kiosk.show_ready(scene("dropoff_weigh", "done launch_it", notice=note("SOMETHING_NEW")))

    assert FACE.phone in (await kiosk.page.inner_text(".notice")).replace("\u2060", "")
    assert "SOMETHING_NEW" in await kiosk.page.inner_text(".notice")
    await kiosk.page.click("[data-action=launch_it]")
    assert await kiosk.taps(1) == [Tap(action="launch_it", step=STEP)]


async def test_a_failed_deposit_door_asks_where_the_parcel_is(kiosk: Kiosk) -> None:
    """Who says "I keep it" of a parcel locked inside would free a compartment that is taken."""
    await kiosk.speak("en")
    await kiosk.show(SCENES["deposit-failed-inside"])

    assert await kiosk.page.inner_text("[data-action=report] .say") == "It is inside: report"
    assert await kiosk.page.inner_text("[data-action=take_back] .say") == "I have it and keep it"


# Typing


async def test_the_keypad_types_the_pickup_code_in_threes_and_posts_it(kiosk: Kiosk) -> None:
    await kiosk.show_ready(SCENES["pickup-code"])
    await press_keys(kiosk.page, "1205")
    await kiosk.page.click("[data-key=delete]")
    await press_keys(kiosk.page, "3456780")
    groups = await kiosk.page.locator(".group").all_inner_texts()
    await kiosk.page.click("[data-action=enter_code]")

    assert [g.replace("\n", "") for g in groups] == ["120", "345", "678"]
    assert await kiosk.taps(1) == [Tap(action="enter_code", code="120345678", step=STEP)]
    await expect(kiosk.page.locator(".cell.full")).to_have_count(0)


async def test_an_unfinished_code_is_not_sent(kiosk: Kiosk) -> None:
    await kiosk.show_ready(SCENES["pickup-code"])
    await press_keys(kiosk.page, "12345678")
    await kiosk.page.click("[data-action=enter_code]", force=True)
    await kiosk.page.click("[data-action=cancel]")

    assert await kiosk.taps(1) == [Tap(action="cancel", step=STEP)]
    assert await kiosk.page.get_attribute("[data-action=enter_code]", "aria-disabled") == "true"


async def test_a_keyboard_types_too(kiosk: Kiosk) -> None:
    await kiosk.show_ready(SCENES["courier-id"])
    await kiosk.page.keyboard.type("10x05")
    await kiosk.page.keyboard.press("Backspace")
    await kiosk.page.keyboard.type("17")
    await kiosk.page.keyboard.press("Enter")

    assert await kiosk.taps(1) == [Tap(action="enter_staff_id", staff_id="10017", step=STEP)]


async def test_a_pin_shows_as_dots_and_is_nowhere_in_the_page(kiosk: Kiosk) -> None:
    await kiosk.show_ready(SCENES["courier-pin"])
    await press_keys(kiosk.page, "246810")

    assert await kiosk.page.locator(".dot").count() == 6
    assert await kiosk.page.locator(".display").inner_text() == "已输入 6 位，共 6 位"
    assert "246810" not in await kiosk.page.content()
    await kiosk.page.click("[data-action=enter_pin]")
    assert await kiosk.taps(1) == [Tap(action="enter_pin", pin="246810", step=STEP)]


async def test_a_tracking_code_is_typed_on_its_own_keyboard(kiosk: Kiosk) -> None:
    await kiosk.show_ready(SCENES["deposit-scan-refused"])
    await kiosk.page.click("[data-action=enter_tracking]")
    await press_keys(kiosk.page, "EE1234-CN")
    shown = await kiosk.page.inner_text(".line")
    await kiosk.page.click(".keyboard [data-action=enter_tracking]")

    assert shown == "EE1234-CN"
    assert await kiosk.taps(1) == [Tap(action="enter_tracking", tracking_code="EE1234-CN", step=STEP)]


async def test_the_keyboard_closes_without_sending(kiosk: Kiosk) -> None:
    await kiosk.show_ready(SCENES["deposit-scan-refused"])
    await kiosk.page.click("[data-action=enter_tracking]")
    await kiosk.page.click("[data-key=close]")
    await kiosk.page.click("[data-action=back]")

    assert await kiosk.taps(1) == [Tap(action="back", step=STEP)]


async def test_what_one_person_typed_never_meets_the_next(kiosk: Kiosk) -> None:
    """The same screen at another step, even if nobody saw the home screen."""
    await kiosk.show_ready(SCENES["pickup-code"])
    await press_keys(kiosk.page, "1234")
    await kiosk.show(msgspec.structs.replace(SCENES["pickup-code"], seconds_left=59.9))
    kept = await kiosk.page.locator(".cell.full").count()
    await kiosk.show(msgspec.structs.replace(SCENES["pickup-code"], step="t/1"))
    await expect(kiosk.page.locator(".cell.full")).to_have_count(0)

    assert kept == 4


# Tapping


BUTTONED = """
    home pickup-done pickup-failed courier-menu deposit-confirm deposit-failed recall-confirm deposit-open
    recall-list
"""


async def test_each_button_posts_its_own_action(kiosk: Kiosk) -> None:
    for name in BUTTONED.split():
        kiosk.terminal.taps.clear()
        await kiosk.show_ready(SCENES[name])
        for count, action in enumerate(SCENES[name].actions, start=1):
            await kiosk.page.click(f"[data-action={action}]")
            await kiosk.taps(count)
            await kiosk.answered()

        assert [tap.action for tap in kiosk.terminal.taps] == SCENES[name].actions


async def test_a_size_is_offered_only_while_something_that_big_is_free(kiosk: Kiosk) -> None:
    view = msgspec.structs.replace(
        SCENES["deposit-size"], counts={"free_S": 0, "free_M": 2, "free_L": 0, "free_XL": 0}
    )
    await kiosk.show_ready(view)
    offered = [await kiosk.page.is_enabled(f".size-card[data-size={size}]") for size in ("S", "M", "L", "XL")]
    await kiosk.page.click(".size-card[data-size=S]")

    assert offered == [True, True, False, False]
    assert await kiosk.taps(1) == [Tap(action="choose_size", size=Size.S, step=STEP)]


async def test_a_double_tap_does_not_answer_the_next_question(kiosk: Kiosk) -> None:
    """The second half lands on whatever the next screen has there."""
    await kiosk.show_ready(SCENES["pickup-open"])
    await kiosk.show(SCENES["pickup-done"])
    early = await kiosk.page.evaluate("""() => {
      const ready = document.querySelector("main").dataset.ready;
      document.querySelector("[data-action=put_back]").click();
      return ready;
    }""")
    await ready(kiosk.page)
    await kiosk.page.click("[data-action=done]")

    assert early == "false"
    assert await kiosk.taps(1) == [Tap(action="done", step=STEP)]


async def test_a_refused_tap_leaves_the_page_working(kiosk: Kiosk) -> None:
    kiosk.terminal.answer = False
    await kiosk.show_ready(SCENES["pickup-done"])
    await kiosk.page.click("[data-action=reopen]")
    await kiosk.taps(1)
    await kiosk.answered()
    await kiosk.page.click("[data-action=done]")

    assert [tap.action for tap in await kiosk.taps(2)] == ["reopen", "done"]
    assert await kiosk.page.locator(".offline").count() == 0


# For those who listen


async def test_a_new_screen_takes_the_focus_to_its_title(kiosk: Kiosk) -> None:
    await kiosk.show_ready(SCENES["pickup-done"])
    await kiosk.page.focus("[data-action=done]")
    await kiosk.show(SCENES["courier-menu"])

    await expect(kiosk.page.locator("#title")).to_be_focused()


async def test_a_notice_is_spoken_from_a_region_that_outlives_the_screen(kiosk: Kiosk) -> None:
    await kiosk.speak("en")
    await kiosk.show(SCENES["pickup-code"])
    await kiosk.page.evaluate("window.region = document.querySelector('.kiosk > [role=status]')")
    before = await kiosk.page.evaluate("region.textContent.trim()")
    await kiosk.show(SCENES["pickup-failed"])

    assert before == ""
    assert await kiosk.page.evaluate("region.isConnected")
    assert await kiosk.page.evaluate("region.textContent.trim()") == await kiosk.page.inner_text(".notice")


# Losing the line


async def test_a_lost_line_is_said_and_found_again_by_itself(browser: Browser) -> None:
    terminal = ScriptedTerminal()
    runner = await start(make_app(terminal, FACE), "127.0.0.1", 0)
    port = runner.addresses[0][1]
    page = await browser.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    try:
        await terminal.show(SCENES["pickup-code"])
        await page.goto(f"http://127.0.0.1:{port}/")
        await page.wait_for_selector("main[data-screen=pickup_code][data-ready=true]")
        await press_keys(page, "123")
        await runner.cleanup()
        await page.wait_for_selector(".offline")
        state: dict[str, Any] = await page.evaluate("""() => ({
          inert: document.querySelector("main").inert, typed: document.querySelectorAll(".cell.full").length,
          phone: document.querySelector(".help strong").textContent })""")
        await terminal.show(SCENES["courier-menu"])
        runner = await start(make_app(terminal, FACE), "127.0.0.1", port)
        await page.wait_for_selector("main[data-screen=courier_menu]:not([inert])")

        assert state == {"inert": True, "typed": 0, "phone": FACE.phone}
        assert await page.locator(".offline").count() == 0
    finally:
        await page.close()
        await runner.cleanup()


async def test_a_station_that_does_not_answer_a_tap_is_said_to_be_gone(browser: Browser) -> None:
    class Hung(ScriptedTerminal):
        async def tap(self, tap: Tap) -> bool:
            await asyncio.Event().wait()
            return True

    runner = await start(make_app(Hung(), FACE), "127.0.0.1", 0)
    page = await browser.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    try:
        await page.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/")
        await page.wait_for_selector("main[data-screen=home][data-ready=true]")
        await page.evaluate("AbortSignal.timeout = () => AbortSignal.abort()")
        await page.click("[data-action=start_pickup]")
        await page.wait_for_selector(".offline")
    finally:
        await page.close()
        await runner.cleanup()

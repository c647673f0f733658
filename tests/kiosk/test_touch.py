"""A touch is for the screen it was meant for: the station hears of the step that was drawn then."""

from __future__ import annotations

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import CDPSession

from edge.core.inputs import Tap
from edge.core.view import View
from tests.kiosk.conftest import Kiosk, ready
from tests.kiosk.scenes import SCENES, STEP

pytestmark = pytest.mark.asyncio(loop_scope="module")

LATER = "s/2"


def later(name: str, **changes: object) -> View:
    """Return the same screen one step on."""
    return msgspec.structs.replace(SCENES[name], step=LATER, **changes)


async def middle(kiosk: Kiosk, selector: str) -> tuple[float, float]:
    box = await kiosk.page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest_asyncio.fixture(loop_scope="module")
async def finger(kiosk: Kiosk) -> CDPSession:
    return await kiosk.page.context.new_cdp_session(kiosk.page)


async def down(finger: CDPSession, at: tuple[float, float]) -> None:
    await finger.send(
        "Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": at[0], "y": at[1]}]}
    )


async def up(finger: CDPSession) -> None:
    await finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


async def test_a_finger_that_came_down_before_the_change_speaks_of_the_earlier_step(
    kiosk: Kiosk, finger: CDPSession
) -> None:
    await kiosk.show_ready(SCENES["deposit-open"])
    await down(finger, await middle(kiosk, "[data-action=not_empty]"))
    await kiosk.show(later("deposit-open"))
    await up(finger)

    assert await kiosk.taps(1) == [Tap(action="not_empty", step=STEP)]


async def test_a_finger_that_rests_while_another_question_comes_up_answers_only_the_old_one(
    kiosk: Kiosk, finger: CDPSession
) -> None:
    """The browser clicks whatever lies under the finger as it goes up, here a button of the new screen."""
    await kiosk.show_ready(msgspec.structs.replace(SCENES["deposit-open"], actions=["not_empty"]))
    at = await middle(kiosk, "[data-action=not_empty]")
    await down(finger, at)
    await kiosk.show_ready(later("recall-open"))
    await up(finger)

    assert await kiosk.taps(1) == [Tap(action="extend", step=STEP)]


async def test_a_mouse_button_held_over_a_change_speaks_of_the_earlier_step(kiosk: Kiosk) -> None:
    await kiosk.show_ready(SCENES["deposit-open"])
    await kiosk.page.mouse.move(*await middle(kiosk, "[data-action=extend]"))
    await kiosk.page.mouse.down()
    await kiosk.show(later("deposit-open"))
    await kiosk.page.mouse.up()
    await kiosk.taps(1)
    await kiosk.answered()
    await kiosk.page.click("[data-action=not_empty]")

    assert await kiosk.taps(2) == [Tap(action="extend", step=STEP), Tap(action="not_empty", step=LATER)]


async def test_a_finger_that_slid_off_leaves_nothing_behind(kiosk: Kiosk, finger: CDPSession) -> None:
    await kiosk.show_ready(SCENES["deposit-open"])
    await down(finger, await middle(kiosk, "[data-action=extend]"))
    await finger.send("Input.dispatchTouchEvent", {"type": "touchCancel", "touchPoints": []})
    await kiosk.show(later("deposit-open"))
    await kiosk.page.evaluate("document.querySelector('[data-action=not_empty]').click()")

    assert await kiosk.taps(1) == [Tap(action="not_empty", step=LATER)]


async def test_a_space_bar_held_over_a_change_speaks_of_the_earlier_step(kiosk: Kiosk) -> None:
    await kiosk.show_ready(SCENES["deposit-open"])
    await kiosk.page.focus("[data-action=extend]")
    await kiosk.page.keyboard.down(" ")
    await kiosk.show(later("deposit-open"))
    await kiosk.page.keyboard.up(" ")

    assert await kiosk.taps(1) == [Tap(action="extend", step=STEP)]


async def test_keys_speak_of_the_step_they_were_pressed_at(kiosk: Kiosk) -> None:
    await kiosk.show_ready(SCENES["courier-id"])
    await kiosk.show(later("courier-id"))
    await kiosk.page.keyboard.type("70010")
    await kiosk.page.keyboard.press("Enter")

    assert await kiosk.taps(1) == [Tap(action="enter_staff_id", staff_id="70010", step=LATER)]


async def test_when_buttons_move_up_a_second_touch_must_wait(kiosk: Kiosk) -> None:
    """The last extension takes its button away, and "cancel" may come to lie where it was."""
    await kiosk.show_ready(SCENES["pickup-code"])
    await kiosk.page.click("[data-action=extend]")
    await kiosk.taps(1)
    await kiosk.answered()
    await kiosk.show(later("pickup-code", actions=["enter_code", "cancel"]))
    early = await kiosk.page.evaluate("""() => {
      const ready = document.querySelector("main").dataset.ready;
      document.querySelector("[data-action=cancel]").click();
      return ready;
    }""")
    await ready(kiosk.page)
    await kiosk.page.click("[data-action=cancel]")

    assert early == "false"
    assert await kiosk.taps(2) == [Tap(action="extend", step=STEP), Tap(action="cancel", step=LATER)]

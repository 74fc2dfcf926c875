"""In a real browser, by keys alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from review.served import Served, candidate

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture
def page() -> Iterator[Page]:
    """A page in Debian's Chromium: skipped with its reason where it is absent; in CI a failure, unless apt refused it."""
    if not CHROMIUM.exists():
        reason = "needs /usr/bin/chromium: apt-get install chromium"
        if os.environ.get("CI") == "true" and "chromium" not in os.environ.get("MINTZA_APT_REFUSED", ""):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1200, "height": 800})
        yield opened
        browser.close()


def press(page: Page, *keys: str) -> None:
    """Press keys of which the last brings another page, and wait for it."""
    before = page.evaluate("performance.timeOrigin")
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_function("before => performance.timeOrigin !== before", arg=before)
    page.wait_for_load_state()


def test_a_whole_review_goes_by_keys_alone(serve: Callable[..., Served], page: Page) -> None:
    served = serve([candidate(number) for number in range(5)])
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(served.address)
    page.keyboard.type("Maddi")
    page.keyboard.press("Enter")
    page.wait_for_selector("#record")

    press(page, "a")
    page.keyboard.press("e")
    assert page.evaluate("document.activeElement.id") == "turn2"
    page.keyboard.press("Control+End")
    page.keyboard.type(" Eta a, r, s, u hizkiak.")
    press(page, "Control+Enter")
    press(page, "r", "2", "Enter")
    press(page, "s")
    press(page, "u")
    # It is filled after the page is there, so that it is read aloud.
    page.wait_for_function("() => document.querySelector('#status').textContent.includes('taken back')")
    # Escape leaves an edit as it was, and Enter in the field of words rejects rather than accepts.
    page.keyboard.press("e")
    page.keyboard.type("x")
    page.keyboard.press("Escape")
    assert page.is_hidden("#turn2")
    page.keyboard.press("r")
    page.keyboard.press("1")
    page.focus("#note")
    page.keyboard.type("ez a")
    press(page, "Enter")
    press(page, "a")
    assert "Nothing is left for you" in page.content()

    assert [one[2] for one in served.said()] == [
        "accepted",
        "edited",
        "rejected",
        "skipped",
        "undone",
        "rejected",
        "accepted",
    ]
    edited, rejected, last = served.book.reviews[1], served.book.reviews[2], served.book.reviews[5]
    assert edited.turns[1].endswith("Eta a, r, s, u hizkiak.")
    assert rejected.objection == "unnatural"
    assert (last.objection, last.note) == ("meaning", "ez a")
    assert troubles == []


def test_single_keys_can_be_turned_off_and_stay_off(serve: Callable[..., Served], page: Page) -> None:
    served = serve([candidate(1), candidate(2)])
    page.goto(served.address)
    page.fill("#name", "Maddi")
    press(page, "Enter")
    page.uncheck("#single")
    page.reload()
    assert not page.is_checked("#single")
    page.click("h1")
    for key in "arsu":
        page.keyboard.press(key)
    page.click("[value=accepted]")
    page.wait_for_function("() => document.querySelector('h1').textContent.includes('2')")
    assert [one[2] for one in served.said()] == ["accepted"]


def test_a_phone_shows_all_without_scrolling_sideways(serve: Callable[..., Served], page: Page) -> None:
    served = serve([candidate(1)])
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(served.address)
    page.fill("#name", "Maddi")
    page.click(".button")
    page.wait_for_selector("#record")
    for path in ("/", "/progress"):
        page.goto(served.address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360

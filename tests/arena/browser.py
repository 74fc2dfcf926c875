"""A real Chromium on a phone, driven by the keyboard alone; axe-core looks at what it shows."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from mintza.arena.words import PSEUDO

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
PHONE = {"width": 360, "height": 780}
MOST_TABS = 60


def launched(playwright: Playwright) -> Browser:
    """Debian's Chromium; skipped where it is absent, in CI a failure unless apt refused it."""
    if not CHROMIUM.exists():
        reason = "needs Chromium: apt-get install chromium, as root"
        if os.environ.get("CI") == "true" and "chromium" not in os.environ.get("MINTZA_APT_REFUSED", ""):
            pytest.fail(reason)
        pytest.skip(reason)
    return playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])


def axe_source() -> str:
    """axe-core (MPL-2.0), as axe-playwright-python carries it; nothing of it is in this project."""
    found = find_spec("axe_playwright_python")
    assert found is not None
    assert found.origin is not None
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


def tab_to(page: Page, selector: str) -> None:
    """Go on by the Tab key until the element has the focus, as somebody without a mouse does."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{selector} is not reached by the Tab key on {page.url}")


def write_in(page: Page, selector: str, text: str) -> None:
    """Reach a field and type."""
    tab_to(page, selector)
    page.keyboard.type(text)


def press_on(page: Page, selector: str, key: str = "Enter") -> None:
    """Reach an element and press a key on it."""
    tab_to(page, selector)
    page.keyboard.press(key)


def looked_at(page: Page, axe: str, name: str) -> None:
    """No finding of axe, nothing wider than the phone; a picture where MINTZA_SCREENSHOTS names a folder."""
    folder = os.environ.get("MINTZA_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    # axe does not tell contrast over shades; what lies beneath them is the page's own colour.
    page.evaluate("document.querySelectorAll('.scroll').forEach((each) => { each.style.background = 'none'; })")
    page.evaluate(axe)
    found: list[dict[str, Any]] = page.evaluate("axe.run().then((result) => result.violations)")
    told = [
        (each["impact"], each["id"], node["html"][:200])
        for each in found
        for node in each["nodes"]
        # The pseudo-locale's tag is nobody's language, and axe says so.
        if not (each["id"] in ("valid-lang", "html-lang-valid") and PSEUDO in node["html"])
    ]
    assert not told, (name, told)
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{name} is {wider} px wider than the phone"


UNMARKED = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const text = node.textContent.trim();
    const parent = node.parentElement;
    if (!/\\p{L}{2}/u.test(text) || text.includes("⟦") || !parent.checkVisibility()) continue;
    if (parent.closest("[lang]:not(html), .prompt, .answer, .brand, dd, bdi, script, [dir=ltr], [dir=auto]")) continue;
    found.push(text);
  }
  return found;
}"""


def all_is_translated(page: Page) -> None:
    """In the pseudo-locale every word of the page itself is between marks; what people and models are called has a direction of its own."""
    unmarked = page.evaluate(UNMARKED)
    assert unmarked == [], page.url

"""A whole visit in a real browser: by the keyboard alone, on a phone, in Basque and from right to left."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from arena.browser import PHONE, all_is_translated, axe_source, launched, looked_at, press_on, tab_to, write_in
from arena.conftest import FAST, NO_LOOKS
from arena.model_endpoint import ModelEndpoints
from arena.organisers import PASSWORD as ORGANISERS
from arena.organisers import brought, organiser, ranked, rows, written
from arena.served import PASSWORD, Served, Visitor, settings_of
from mintza.arena.pages.messages import MESSAGES
from mintza.arena.words import PSEUDO, words

# A busy machine may take long over a page; Playwright's own five seconds for what is expected were too short once.
WAIT_MS = 90_000
expect.set_options(timeout=WAIT_MS)
MODELS = ["latxa", "llama"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all."""
    with sync_playwright() as playwright:
        browser = launched(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def arena(endpoints: ModelEndpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An arena in three languages."""
    served = Served(
        settings_of(
            endpoints,
            {"latxa": "good", "llama": "other"},
            battle=FAST,
            fair=NO_LOOKS,
            interface=["eu", "en", PSEUDO],
            examples=["Idatzi bertso bat euriari buruz.", "Azaldu zer den inflazioa."],
            encouraging={"goal": 500, "prizes": [{"text": "Liburu bat", "winners": 3}]},
            limits={"signs_address": 1000, "logins_address": 1000},
        ),
        tmp_path_factory.mktemp("arena"),
    )
    assert brought(served, rows([*MODELS, "qwen"], 12, 4)).new == 48
    yield served
    served.close()


@pytest.fixture(scope="module")
def axe() -> str:
    """Its source."""
    return axe_source()


def opened(
    browser: Browser, arena: Served, *, dark: bool = False, wide: bool = False, script: bool = True
) -> BrowserContext:
    """A phone that nobody touches with a mouse, or a wide window."""
    context = browser.new_context(
        base_url=arena.address,
        viewport={"width": 1280 if wide else PHONE["width"], "height": PHONE["height"]},
        locale="eu-ES",
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        java_script_enabled=script,
    )
    context.set_default_timeout(WAIT_MS)
    return context


def judged(page: Page) -> None:
    """Content to A, language to B, and so overall too; by arrows and the space bar."""
    press_on(page, "#content-a", "Space")
    tab_to(page, "#language-a")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#language-b")).to_be_checked()
    expect(page.locator("#overall")).to_be_visible()
    press_on(page, "#overall-a", "Space")
    press_on(page, "#judge button")
    expect(page.locator("#thanks")).to_be_visible()
    expect(page.locator("#thanks")).to_be_focused()


def as_guest(page: Page) -> None:
    """In Basque, without an account."""
    page.goto("/join?lang=eu")
    press_on(page, "#agree-guest", "Space")
    press_on(page, "form[action='/guest'] button")
    expect(page.locator("#send")).to_be_enabled()


def ask(page: Page) -> None:
    """One question, until both answers are complete."""
    write_in(page, "#prompt", "Zer moduz?")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#judge")).to_be_visible()


def seen_and_erased(page: Page, arena: Served, look: Callable[[str], None]) -> None:
    """The ranking, one's own page, one's data as a file, and the end of it all."""
    ranked(arena)
    press_on(page, "nav a[href='/leaderboard']")
    expect(page.locator("#by-overall")).to_be_visible()
    assert page.locator("#by-overall + div tbody tr").count() == 3
    look("leaderboard")
    page.goto("/me")
    expect(page.locator("#latest")).to_be_visible()
    look("me")
    with page.expect_download() as download:
        press_on(page, "a[href='/me/data']")
    assert download.value.suggested_filename == "my-data.json"
    press_on(page, "#sure", "Space")
    press_on(page, "form[action='/me/erase'] button")
    expect(page).to_have_url(f"{arena.address}/me/erase")
    look("erased")
    page.goto("/me")
    expect(page).to_have_url(f"{arena.address}/login")


@pytest.mark.parametrize("tag", ["eu", PSEUDO])
def test_a_whole_visit_by_keyboard_on_a_phone(browser: Browser, arena: Served, axe: str, tag: str) -> None:
    context = opened(browser, arena)
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))

    def look(name: str) -> None:
        looked_at(page, axe, f"{tag}-{name}")
        if tag == PSEUDO:
            all_is_translated(page)

    page.goto(f"/?lang={tag}")
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if tag == PSEUDO else "ltr")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    look("landing")
    press_on(page, ".hero a[href='/join']")
    expect(page).to_have_url(f"{arena.address}/join")
    look("join")
    write_in(page, "#name", f"Maddi {tag[:2]}")
    write_in(page, "#password", PASSWORD)
    press_on(page, "#agree", "Space")
    press_on(page, "form[action='/join'] button")
    expect(page).to_have_url(f"{arena.address}/battle")
    look("battle")
    write_in(page, "#prompt", "Zer moduz?")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".turn")).to_be_focused()
    expect(page.locator("#judge")).to_be_visible()
    expect(page.locator("#status")).to_have_text(words(tag)("Both answers are complete. You can judge them now."))
    look("answered")
    judged(page)
    names = {page.inner_text("#revealed-a"), page.inner_text("#revealed-b")}
    assert names == {*MODELS}
    look("voted")
    page.reload()
    expect(page.locator("#revealed-a")).to_be_visible()
    assert {page.inner_text("#revealed-a"), page.inner_text("#revealed-b")} == names
    seen_and_erased(page, arena, look)
    assert problems == []
    context.close()


def test_without_its_script_the_page_sends_nothing_and_says_why(browser: Browser, arena: Served) -> None:
    """A form without its script would put what was written into an address, and so into the logs of every proxy."""
    context = opened(browser, arena, script=False)
    page = context.new_page()
    page.goto("/join?lang=eu")
    page.locator("#agree-guest").check()
    page.locator("form[action='/guest'] button").click()
    expect(page).to_have_url(f"{arena.address}/battle")
    expect(page.locator("noscript .problem")).to_be_visible()
    for button in page.locator("#composer button[id], #report-form button").all():
        expect(button).to_be_disabled()
    context.close()


def test_a_vote_whose_answer_is_lost_on_the_way_is_kept_once(browser: Browser, arena: Served) -> None:
    context = opened(browser, arena)
    page = context.new_page()
    sent: list[int] = []

    def lose_the_first_answer(route: Route) -> None:
        reply = route.fetch()
        sent.append(reply.status)
        if len(sent) == 1:
            route.abort()
        else:
            route.fulfill(response=reply)

    before = len(arena.rows("SELECT battle_id FROM votes"))
    as_guest(page)
    ask(page)
    page.route("**/vote", lose_the_first_answer)
    judged(page)
    assert sent == [200, 200]
    assert len(arena.rows("SELECT battle_id FROM votes")) == before + 1
    context.close()


def test_what_could_not_be_sent_is_said_and_nothing_that_was_written_is_lost(browser: Browser, arena: Served) -> None:
    context = opened(browser, arena)
    page = context.new_page()
    as_guest(page)
    context.set_offline(True)
    write_in(page, "#prompt", "Zer da hau?")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#problem")).to_have_text(words("eu")("We could not reach the arena. Please try again."))
    assert page.input_value("#prompt") == "Zer da hau?"
    context.set_offline(False)
    page.locator("#prompt").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#judge")).to_be_visible()
    expect(page.locator("#problem")).to_be_hidden()
    context.close()


def chosen_is_seen_whatever_the_colours(page: Page) -> None:
    """Also where the system gives all colours, as for people who see little."""
    page.emulate_media(forced_colors="active")
    page.evaluate("document.getElementById('content-a').checked = true")
    of = "(selector) => getComputedStyle(document.querySelector(selector)).backgroundColor"
    assert page.evaluate(of, "label[for=content-a]") != page.evaluate(of, "body")
    page.evaluate("document.getElementById('judge').reset()")
    page.emulate_media(forced_colors="none")


def test_the_dark_pages_are_as_readable(browser: Browser, arena: Served, axe: str) -> None:
    context = opened(browser, arena, dark=True)
    page = context.new_page()
    as_guest(page)
    ask(page)
    looked_at(page, axe, "dark-answered")
    chosen_is_seen_whatever_the_colours(page)
    judged(page)
    looked_at(page, axe, "dark-voted")
    page.emulate_media(media="print", color_scheme="light")
    assert not page.locator("#judge").is_visible()
    assert page.locator(".answer").first.is_visible()
    context.close()


def test_forms_with_errors_say_so_and_are_as_readable(browser: Browser, arena: Served, axe: str) -> None:
    assert Visitor(arena).join("Hartua").status_code == 303
    context = opened(browser, arena)
    page = context.new_page()
    page.goto("/join?lang=eu")
    write_in(page, "#name", "hartua")
    write_in(page, "#password", PASSWORD)
    press_on(page, "#agree", "Space")
    press_on(page, "form[action='/join'] button")
    expect(page.locator("[role=alert]")).to_have_text(words("eu")(MESSAGES["name_taken"]))
    assert page.input_value("#name") == "hartua"
    looked_at(page, axe, "join-error")
    page.goto("/login")
    write_in(page, "#name", "Hartua")
    write_in(page, "#password", "beste pasahitz bat")
    press_on(page, "main form button")
    expect(page.locator("[role=alert]")).to_have_text(words("eu")(MESSAGES["bad_login"]))
    looked_at(page, axe, "login-error")
    page.goto("/reset/none")
    write_in(page, "#password", "aaaaaaaaaaaa")
    press_on(page, "main form button")
    expect(page.locator("[role=alert]")).to_have_text(words("eu")(MESSAGES["password_weak"]))
    looked_at(page, axe, "reset-error")
    for path in ("/forgotten", "/consent", "/contributors", "/nothing"):
        page.goto(path)
        looked_at(page, axe, path[1:])
    context.close()


def staff_forms(page: Page, look: Callable[[str], None]) -> None:
    """What is wrong, or done, is said on the page, and what was left out is let back."""
    for path, field, text in (
        ("/staff/people", "#name", "Inor ez"),
        ("/staff/people", "#name", "Ahaztua"),
        ("/staff/votes", "#of", "nobody"),
        ("/staff/votes", "#of", "user001"),
        ("/staff/campaigns", "#title", "Kanpaina"),
    ):
        page.goto(path)
        write_in(page, field, text)
        if field == "#title":
            write_in(page, "#opens", "gaur")
            write_in(page, "#closes", "bihar")
        press_on(page, f"form.card[action='{path}'] > .actions button")
        expect(page.locator("main [role=alert], main [role=status], #taken-1")).to_have_count(1)
        look(f"{field[1:]}-{text}")
        all_is_translated(page)
    page.goto("/staff/votes")
    press_on(page, "form:has(input[value=back]) button")
    expect(page.locator("#taken-1")).to_have_count(0)
    overruled(page, look)


def overruled(page: Page, look: Callable[[str], None]) -> None:
    """A check's finding is overruled for a reason, seen among what was done, and let hold again."""
    page.goto("/staff/votes?voter=user001")
    look("check")
    write_in(page, "#why-1", " ")
    press_on(page, "form[action='/staff/checks'] button")
    expect(page.locator("main [role=alert]")).to_have_count(1)
    look("check-without-a-reason")
    write_in(page, "#why-1", "Irakurri egiten du: telefonoz hitz egin dugu, eta bere euskalkian idazten du.")
    press_on(page, "form[action='/staff/checks'] button")
    expect(page.locator("#overruled-1")).to_be_visible()
    expect(page.locator("#why-1")).to_have_count(0)
    look("check-overruled")
    all_is_translated(page)
    page.goto("/staff")
    expect(page.locator("section[aria-labelledby=acts] li").first).to_contain_text("telefonoz hitz egin dugu")
    look("acts")
    all_is_translated(page)
    page.goto("/staff/votes")
    press_on(page, "form:has(input[value=uphold]) button")
    expect(page.locator("#overruled-2")).to_be_visible()
    expect(page.locator("form:has(input[value=uphold])")).to_have_count(0)
    look("check-upheld")
    all_is_translated(page)


@pytest.mark.parametrize("dark", [True, False], ids=["dark-desk", "light-phone"])
def test_the_organisers_pages_are_whole_in_a_browser(browser: Browser, arena: Served, axe: str, dark: bool) -> None:
    organiser(arena)
    if not dark:
        assert Visitor(arena).join("Ahaztua").status_code == 303
        left_out = "INSERT INTO exclusions (battle_id, step, reason, value, threshold, at) VALUES (:b, 'side', 'x', 0.5, 0.1, '2026')"
        written(arena, lambda connection: connection.run(left_out, b="battle-1-0"))
    context = opened(browser, arena, dark=dark, wide=dark)
    page = context.new_page()
    page.goto(f"/login?lang={PSEUDO}")
    page.goto("/login")
    write_in(page, "#name", "Antolatzailea")
    write_in(page, "#password", ORGANISERS)
    press_on(page, "main form button")
    expect(page).to_have_url(f"{arena.address}/battle")
    for name in ("", "/campaigns", "/reports", "/votes", "/votes?voter=user001", "/people"):
        page.goto(f"/staff{name}")
        expect(page.locator(f"nav a[href='/staff{name.partition('?')[0]}'][aria-current=page]")).to_be_visible()
        looked_at(page, axe, f"staff{name.replace('/', '-').replace('?', '-')}-{'dark' if dark else 'light'}")
        all_is_translated(page)
    if not dark:
        staff_forms(page, lambda name: looked_at(page, axe, f"staff-{name}"))
    page.goto("/staff")
    press_on(page, "form[action='/staff/models']:has(input[value=latxa]) button")
    expect(page.locator("input[name=paused][value=no]")).to_have_count(1)
    press_on(page, "form[action='/staff/models']:has(input[value=latxa]) button")
    expect(page.locator("input[name=paused][value=no]")).to_have_count(0)
    context.close()

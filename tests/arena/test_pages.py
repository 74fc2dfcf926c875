"""Pages: what models and people write does no harm, what is asked for is a page of ours, and it is small."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.conftest import FAST
from arena.model_endpoint import ModelEndpoints, says
from arena.organisers import organiser
from arena.served import Served, Visitor, settings_of
from mintza.arena.pages.labels import EDUCATION, LEVELS, REPORTS, STATES
from mintza.arena.pages.markdown import TAGS, rendered
from mintza.arena.pages.messages import MESSAGES
from mintza.arena.pages.routes import ROUTES
from mintza.arena.settings import EDUCATION as EDUCATION_CODES
from mintza.arena.settings import LEVELS as LEVEL_CODES
from mintza.arena.words import PSEUDO, chosen, long_date, words

ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](https://tracker.example/pixel.png)",
    "<svg/onload=alert(1)>",
    "<iframe src='https://evil.example'></iframe>",
    "<a href='x' onclick='alert(1)'>x</a>",
    '"><style>*{display:none}</style>',
    "```html\n</code></pre><script>alert(1)</script>\n```",
    '<https://x.example/"onmouseover=alert(1)>',
    "[x](https://e.example 'a\" onmouseover=\"alert(1)')",
)


class Elements(HTMLParser):
    """Every element and its attributes, as a browser would read them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def harmless(html: str) -> None:
    """Only tags of the list, only their attributes, only addresses that one may follow."""
    for tag, attributes in Elements(html).found:
        assert tag in TAGS, html
        assert set(attributes) <= {"href", "title", "rel", "start"}, html
        address = attributes.get("href") or ""
        assert address.startswith(("http://", "https://", "mailto:", "/", "#")) or ":" not in address, html


@pytest.mark.parametrize("attack", ATTACKS)
def test_markdown_that_attacks_does_no_harm(attack: str) -> None:
    harmless(rendered(attack))


@given(
    st.lists(
        st.sampled_from([*ATTACKS, "**", "_", "`", "\n", "[", "](", ")", "<", ">", "|", "# ", "1. ", "a"]), max_size=12
    )
)
def test_no_mixture_of_attacks_does_harm(parts: list[str]) -> None:
    harmless(rendered("".join(parts)))


def test_markdown_is_markdown() -> None:
    html = rendered("# Izenburua\n\n1. *bat*\n2. **bi**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[x](https://e.example)")
    for part in ("<h3>Izenburua</h3>", "<em>bat</em>", "<strong>bi</strong>", "<td>2</td>", 'rel="noopener noreferrer'):
        assert part in html


def test_attacks_of_models_and_people_are_stored_and_shown_as_text(endpoints: ModelEndpoints, tmp_path: Path) -> None:
    endpoints.behaviours["attacker"] = says("\n\n".join(ATTACKS))
    served = Served(settings_of(endpoints, {"latxa": "attacker", "llama": "good"}, battle=FAST), tmp_path)
    visitor = Visitor(served).guest()
    token = visitor.begin("".join(ATTACKS))
    over = visitor.answered(token)
    harmless(over["a"])
    harmless(over["b"])
    page = visitor.get(f"/battle/{token}").text
    scripts = [attributes for tag, attributes in Elements(page).found if tag == "script"]
    assert len(scripts) == 1
    assert str(scripts[0]["src"]).startswith("/static/")
    assert not [
        each for each in Elements(page).found if any(name == "style" or name.startswith("on") for name in each[1])
    ]
    assert not {"svg", "iframe", "style"} & {tag for tag, _ in Elements(page).found}
    served.close()


def test_every_page_has_a_strict_policy_and_no_script_of_its_own(served: Served) -> None:
    visitor = organiser(served)
    pages = [route.path for route in ROUTES if route.method == "GET" and "{" not in route.path]
    for path in (*pages, "/reset/x", "/nothing", "/static/arena.css"):
        reply = visitor.get(path)
        policy = reply.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "server" not in reply.headers or "mintza" not in reply.headers["server"]
        if reply.headers["content-type"].startswith("text/html"):
            assert reply.headers["cache-control"] == "no-store"
            for tag, attributes in Elements(reply.text).found:
                assert tag != "style", path
                assert tag != "script" or "src" in attributes, path
                assert not [name for name in attributes if name == "style" or name.startswith("on")], path


def test_the_first_load_of_every_page_is_under_100_kilobytes(served: Served) -> None:
    visitor, staff = Visitor(served).guest(), organiser(served)
    pages = [route.path for route in ROUTES if route.method == "GET" and "{" not in route.path]
    for path in pages:
        page = (staff if path.startswith("/staff") else visitor).get(path)
        if not page.headers["content-type"].startswith("text/html"):
            continue
        parts = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text))
        size = len(page.content) + sum(len(visitor.get(part).content) for part in parts)
        assert size <= 100_000, (path, size)


@pytest.mark.parametrize(
    "name", ["../settings.py", "..%2f..%2fsettings.py", "%2e%2e/web.py", "arena.css/..", "nothing.js"]
)
def test_no_path_leads_out_of_the_static_files(served: Served, name: str) -> None:
    reply = Visitor(served).get(f"/static/{name}")
    assert reply.status_code == 404
    assert "import" not in reply.text


def test_forms_have_labels_and_pages_a_language_and_a_way_past_the_menu(served: Served) -> None:
    visitor = organiser(served)
    pages = [route.path for route in ROUTES if route.method == "GET" and "{" not in route.path]
    for path in (*pages, "/reset/x"):
        text = visitor.get(path).text
        if "<html" not in text:
            continue
        for field in re.findall(r"<(?:input|select|textarea)(?![^>]*type=\"hidden\")[^>]*>", text):
            found = re.search(r'id="([^"]+)"', field)
            assert found, field
            assert f'for="{found.group(1)}"' in text, field
        assert '<a class="skip" href="#main">' in text
        assert '<html lang="en" dir="ltr">' in text
        assert text.count("<h1") == 1


def test_a_page_comes_in_the_readers_language(served: Served) -> None:
    basque = Visitor(served, **{"accept-language": "fr;q=0.9, eu-ES;q=0.8, en;q=0.1"})
    assert '<html lang="eu"' in basque.get("/").text
    assert "Parte hartu" in basque.get("/").text
    moved = basque.get("/?lang=en")
    assert moved.headers["location"] == "/"
    assert '<html lang="en"' in basque.get("/").text
    assert basque.api("/api/battles", {}).json()["message"] == "Please log in first."


def test_a_page_can_read_from_the_right(endpoints: ModelEndpoints, tmp_path: Path) -> None:
    served = Served(settings_of(endpoints, {"a1": "good", "b1": "other"}, interface=[PSEUDO, "en"]), tmp_path)
    text = Visitor(served).get("/join").text
    assert f'<html lang="{PSEUDO}" dir="rtl">' in text
    assert "⟦Take part⟧" in text
    served.close()


@pytest.mark.parametrize(
    ("asked", "accepted", "tag"),
    [
        ("eu", "en", "eu"),
        ("xx", "en", "en"),
        (None, "", "es"),
        (None, "eu;q=0", "es"),
        (None, "EN-gb,eu;q=.5", "en"),
        (None, "q=;", "es"),
    ],
)
def test_the_language_is_what_was_asked_then_what_is_accepted(asked: str | None, accepted: str, tag: str) -> None:
    assert chosen(["es", "eu", "en"], asked, accepted) == tag


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 11, 30), "2026ko azaroaren 30a"),
        (date(2025, 1, 31), "2025eko urtarrilaren 31"),
        (date(2027, 5, 11), "2027ko maiatzaren 11"),
        (date(2030, 2, 1), "2030eko otsailaren 1a"),
        (date(2031, 2, 1), "2031ko otsailaren 1a"),
        (date(2040, 6, 21), "2040ko ekainaren 21a"),
    ],
)
def test_a_date_is_written_as_basque_writes_it(day: date, said: str) -> None:
    assert long_date(day, "eu") == long_date(day, "eu-ES") == said


def test_every_stored_code_has_a_label_and_no_label_is_a_code() -> None:
    assert tuple(LEVELS) == LEVEL_CODES
    assert tuple(EDUCATION) == EDUCATION_CODES
    for labels in (LEVELS, EDUCATION, STATES, REPORTS):
        assert not set(labels) & set(labels.values())


def test_basque_says_in_basque_whatever_can_be_refused() -> None:
    basque = words("eu")
    assert basque.direction == "ltr"
    assert basque.name == "Euskara"
    assert not [text for text in MESSAGES.values() if basque(text) == text]


def test_what_is_too_large_or_no_json_is_refused(served: Served) -> None:
    visitor = Visitor(served).guest()
    csrf = {"x-csrf-token": visitor.csrf("/")}
    large = visitor.http.post("/api/battles", content=b'{"prompt": "' + b"x" * 600_000 + b'"}', headers=csrf)
    assert (large.status_code, large.json()["error"]) == (413, "too_large")
    for body, status in (
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b"[]", 422),
        (b'{"prompt": "\\ud800", "key": "12345678"}', 422),
    ):
        assert visitor.http.post("/api/battles", content=body, headers=csrf).status_code == status

"""The page over HTTP: a real server, real forms, several people."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import msgspec
import pytest

from mintza.languages import load
from mintza.review.desk import Candidate, Flag
from review.served import Served, Visitor, candidate, talk

Serve = Callable[..., Served]
THREE = [candidate(number) for number in range(3)]


def test_what_is_accepted_is_in_the_file_before_the_page_says_saved(serve: Serve) -> None:
    served = serve(THREE)
    maddi = Visitor(served, "Maddi")
    page = maddi.decide("accepted")
    assert "Saved: accepted." in page.text
    assert served.book.path.read_text().count("\n") == 1
    assert served.said() == [("t/000", "Maddi", "accepted")]
    assert maddi.number == 2


def test_the_least_certain_comes_first(serve: Serve) -> None:
    served = serve([candidate(1, uncertainty=0.1), candidate(2, uncertainty=0.9), candidate(3, uncertainty=0.5)])
    maddi = Visitor(served, "Maddi")
    seen = []
    for _ in range(3):
        seen += re.findall(r"<bdi>(t/\d+)</bdi>", maddi.page.text)
        maddi.decide("accepted")
    assert seen == ["t/002", "t/003", "t/001"]
    assert "Nothing is left for you" in maddi.page.text


def test_an_edit_is_kept_turn_by_turn_and_line_ends_are_those_of_the_text(serve: Serve) -> None:
    served = serve(THREE)
    maddi = Visitor(served, "Maddi")
    page = maddi.decide("edited", turn1="0. galdera berria?", turn2="Bi lerro:\r\nhttps://a.example/x.")
    assert "Saved: your edit." in page.text
    assert served.book.reviews[-1].turns == ("0. galdera berria?", "Bi lerro:\nhttps://a.example/x.")


def test_an_edit_that_changes_nothing_is_an_acceptance(serve: Serve) -> None:
    served = serve(THREE)
    Visitor(served, "Maddi").decide("edited", turn1="0. galdera?", turn2="Erantzun <b>bat</b>: https://a.example/x.")
    assert served.said() == [("t/000", "Maddi", "accepted")]


def test_an_edit_that_loses_a_link_is_asked_about_once_and_what_was_typed_stays(serve: Serve) -> None:
    served = serve(THREE)
    maddi = Visitor(served, "Maddi")
    page = maddi.decide("edited", turn1="0. galdera?", turn2="Esteka gabe.")
    assert page.status_code == 422
    assert "Esteka gabe." in page.text
    assert 'name="sure" value="yes"' in page.text
    assert served.said() == []
    maddi.decide("edited", turn1="0. galdera?", turn2="Esteka gabe.", sure="yes")
    assert served.said() == [("t/000", "Maddi", "edited")]


def test_an_edit_may_not_empty_a_turn(serve: Serve) -> None:
    served = serve(THREE)
    page = Visitor(served, "Maddi").decide("edited", turn1="0. galdera?", turn2="  ")
    assert page.status_code == 422
    assert served.said() == []


def test_a_rejection_needs_a_reason_and_keeps_the_words(serve: Serve) -> None:
    served = serve(THREE)
    maddi = Visitor(served, "Maddi")
    assert maddi.decide("rejected", note="ez da hori").status_code == 422
    assert "ez da hori" in maddi.page.text
    maddi.decide("rejected", objection="meaning", note="ez da hori")
    assert served.book.reviews[-1].objection == "meaning"
    assert served.book.reviews[-1].note == "ez da hori"


def test_undo_takes_the_last_decision_back_and_shows_its_conversation(serve: Serve) -> None:
    served = serve(THREE)
    maddi = Visitor(served, "Maddi")
    maddi.decide("accepted")
    maddi.decide("rejected", objection="other")
    maddi.post("/undo")
    assert maddi.number == 2
    assert "taken back" in maddi.page.text
    maddi.post("/undo")
    assert maddi.number == 1
    maddi.post("/undo")
    assert "nothing to take back" in maddi.page.text
    assert [one[2] for one in served.said()] == ["accepted", "rejected", "undone", "undone"]


def test_each_conversation_goes_to_one_of_two_reviewers(serve: Serve) -> None:
    served = serve([candidate(number) for number in range(6)])
    people = [Visitor(served, "Maddi"), Visitor(served, "Ane")]
    assert people[0].number != people[1].number
    for _ in range(3):
        for person in people:
            person.decide("accepted")
    assert sorted(one[0] for one in served.said()) == [f"t/{number:03}" for number in range(6)]


def test_with_overlap_two_read_the_same_and_their_agreement_is_shown(serve: Serve) -> None:
    served = serve([candidate(number) for number in range(4)], overlap=1.0)
    maddi, ane = (Visitor(served, name) for name in ("Maddi", "Ane"))
    for number in range(4):
        maddi.decide("accepted")
        if number < 2:
            ane.decide("accepted")
        else:
            ane.decide("rejected", objection="other")
    text = re.sub(r"<[^>]+>|\s+", " ", maddi.get("/progress").text)
    assert re.search(r"Ane\s*,\s+Maddi\s+4\s+50 %\s+0.00", text), text
    assert "Nothing is left" in Visitor(served, "Jon").page.text


def test_what_is_skipped_goes_to_another_and_can_be_looked_at_again(serve: Serve) -> None:
    served = serve(THREE[:1])
    maddi = Visitor(served, "Maddi")
    maddi.decide("skipped")
    assert "Look again at what you skipped (1)" in maddi.page.text
    assert Visitor(served, "Ane").number == 1
    maddi.get("/?skipped=yes")
    assert maddi.decide("accepted").status_code == 200
    assert served.said()[-1] == ("t/000", "Maddi", "accepted")


def test_reviews_are_there_again_after_a_restart(serve: Serve) -> None:
    first = serve(THREE)
    Visitor(first, "Maddi").decide("accepted")
    first.close()
    maddi = Visitor(serve(THREE), "Maddi")
    assert maddi.number == 2
    assert "1 of 3 decided" in maddi.page.text


def test_a_decision_on_another_text_does_not_count(serve: Serve) -> None:
    first = serve(THREE)
    Visitor(first, "Maddi").decide("accepted")
    first.close()
    changed = talk("t/000", "Beste galdera bat?", "Beste erantzun bat.", parent="s/000")
    second = serve([Candidate(changed, THREE[0].original, (), 0.0), *THREE[1:]])
    assert second.desk.foreign == 1
    assert "0 of 3 decided" in Visitor(second, "Maddi").page.text


def test_what_the_models_wrote_is_escaped_and_nothing_inline_would_run(serve: Serve) -> None:
    page = Visitor(serve(THREE), "Maddi").page
    assert "&lt;b&gt;bat&lt;/b&gt;" in page.text
    assert "<b>" not in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*src=)|<style| style=| on\w+=", page.text)


def test_numbers_that_one_side_lacks_are_marked(serve: Serve) -> None:
    original = talk("s/1", "I have 3 cats and 10 dogs.", language="eng_Latn")
    made = talk("t/1", "3 katu eta 12 zakur ditut.", parent="s/1")
    text = Visitor(serve([Candidate(made, original, (), 0.0)]), "Maddi").page.text
    assert re.findall(r"<mark><bdi>(.*?)</bdi>", text) == ["10", "12"]
    assert re.findall(r'<bdi class="same">(.*?)</bdi>', text) == ["3", "3"]
    assert "numbers, links or code differ" in text


def test_what_the_checks_say_is_shown(serve: Serve) -> None:
    flags = (Flag("length_ratio", "", 2.4, 2.5, 1, 0.95, False), Flag("copied", "", 0.1, 0.5, 0, 0.2, False))
    text = Visitor(serve([candidate(1, flags=flags)]), "Maddi").page.text
    assert "Near the limit:</strong> length beside the original · 2.4, limit 2.5 · turn 2" in text
    assert "share copied from the original · 0.1, limit 0.5 · turn 1" in text


def test_a_sampled_conversation_stands_alone(serve: Serve) -> None:
    page = Visitor(serve([Candidate(talk("t/1", "Kaixo?", "Kaixo!"), None, (), 0.0)]), "Maddi").page
    assert 'class="alone"' in page.text
    assert "Original" not in page.text


def test_a_language_from_right_to_left_is_shown_so(serve: Serve) -> None:
    arabic = msgspec.structs.replace(load("eng_Latn"), code="arb_Arab", bcp47="ar", direction="rtl", endonym="العربية")
    text = Visitor(serve(THREE, target=arabic), "Maddi").page.text
    assert 'lang="ar" dir="rtl"' in text
    assert 'lang="en" dir="ltr">' in text


@pytest.mark.parametrize("path", ["/at/1", "/undo", "/name", "/leave"])
def test_a_form_of_another_site_is_refused(serve: Serve, path: str) -> None:
    served = serve(THREE)
    maddi = Visitor(served, "Maddi")
    assert maddi.http.post(path, data={"decision": "accepted", "csrf": "x" * 43}).status_code == 403
    token = maddi.http.cookies["mintza_review_form"]
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        given = {"decision": "accepted", "csrf": token}
        assert maddi.http.post(path, data=given, headers=headers).status_code == 403
    assert served.said() == []


def test_a_name_that_only_resolves_to_this_machine_is_refused(serve: Serve) -> None:
    served = serve(THREE)
    assert httpx.get(served.address, headers={"Host": "evil.example"}, trust_env=False).status_code == 421


def test_with_a_key_nothing_is_seen_without_it(serve: Serve) -> None:
    served = serve(THREE, key="a long enough key")
    ane = Visitor(served)
    for path in ("/", "/at/1", "/progress"):
        assert "The key, please" in ane.get(path).text
    assert "0 of 3" not in ane.get("/nowhere").text
    ane.get("/")
    assert ane.post("/key", key="a long enough guess").status_code == 403
    assert "Who reads?" in ane.post("/key", key="a long enough key").text
    ane.post("/name", name="Ane")
    assert ane.number == 1


@pytest.mark.parametrize("name", ["", " ", "a" * 31, "<b>", "-a", "a\u202eb", "a\nb\x00"])
def test_a_pseudonym_is_short_and_plain(serve: Serve, name: str) -> None:
    ane = Visitor(serve(THREE))
    assert ane.post("/name", name=name).status_code == 422


def test_a_page_that_is_not_there_is_said_to_be_so(serve: Serve) -> None:
    maddi = Visitor(serve(THREE), "Maddi")
    for path in ("/at/4", "/at/0", "/at/x", "/nowhere", "/static/../pages.py", "/static/none.css"):
        assert maddi.get(path).status_code == 404


def test_forms_that_cannot_be_read_are_refused(serve: Serve) -> None:
    served = serve(THREE)
    maddi = Visitor(served, "Maddi")
    assert maddi.http.post("/at/1", content=b"\xff\xfe=%ff").status_code == 400
    assert maddi.http.post("/at/1", content=b"a=" + b"x" * 3_000_000).status_code == 413
    assert maddi.decide("nonsense").status_code == 422
    assert maddi.post("/at/1", decision="edited", turn1="x").status_code == 422
    assert served.said() == []


def test_the_pages_are_in_basque_where_that_is_asked_for(serve: Serve) -> None:
    served = serve(THREE)
    assert 'lang="eu"' in Visitor(served, **{"Accept-Language": "eu,en;q=0.5"}).page.text
    maddi = Visitor(served, "Maddi")
    maddi.get("/?lang=eu")
    assert "Onartu" in maddi.get("/").text


def test_a_full_disk_is_said_and_nothing_counts_as_saved(serve: Serve) -> None:
    served = serve(THREE)
    maddi = Visitor(served, "Maddi")
    descriptor = next(
        int(one.name) for one in Path("/proc/self/fd").iterdir() if one.exists() and one.samefile(served.book.path)
    )
    full, kept = os.open("/dev/full", os.O_WRONLY), os.dup(descriptor)
    os.dup2(full, descriptor)
    page = maddi.decide("accepted")
    os.dup2(kept, descriptor)
    os.close(full)
    os.close(kept)
    assert page.status_code == 503
    assert "could not be saved" in page.text
    assert served.said() == []
    maddi.get("/")
    assert "Saved: accepted." in maddi.decide("accepted").text
    assert served.said() == [("t/000", "Maddi", "accepted")]


def test_two_who_press_at_once_lose_nothing(serve: Serve) -> None:
    served = serve([candidate(number) for number in range(40)])
    people = [Visitor(served, f"p{number}") for number in range(4)]

    def work(person: Visitor) -> None:
        while 'action="/at/' in person.page.text:
            person.decide("accepted")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, people))
    said = [one[0] for one in served.said()]
    assert sorted(said) == [f"t/{number:03}" for number in range(40)]

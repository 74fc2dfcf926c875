"""Every message of the pages is in the Basque catalogue, with the same places to fill in."""

import re
from pathlib import Path

import mintza.review
from mintza.review.visit import words_in

ROOM = Path(mintza.review.__file__).parent


def messages() -> set[str]:
    from babel.messages.extract import extract_from_dir

    keywords = {"_": None, "N_": None, "words": None, "gettext": None, "ngettext": (1, 2), "many": (1, 2)}
    methods = [("**.py", "python"), ("**/templates/**.j2", "jinja2")]
    found: set[str] = set()
    for _, _, message, _, _ in extract_from_dir(ROOM, methods, keywords=keywords):
        found.update([message] if isinstance(message, str) else message)
    return found


def test_every_message_is_in_basque() -> None:
    basque = words_in("eu").translations
    found = messages()
    assert len(found) > 80
    singular = {one for one in found if basque.gettext(one) == one and basque.ngettext(one, one, 1) == one}
    plurals = {one for one in singular if one.endswith(("left", "wanted.", "conversations.")) and "%(count)s" in one}
    assert singular - plurals == set()


def test_a_translation_has_the_places_of_its_message() -> None:
    basque = words_in("eu").translations
    for message in messages():
        places = re.findall(r"%\(\w+\)s|%%", message)
        assert sorted(re.findall(r"%\(\w+\)s|%%", basque.gettext(message))) == sorted(places), message

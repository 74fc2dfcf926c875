"""Identifiers in files beside the built-in ones: a language that nobody knows is found, and a vote is a vote."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import msgspec
import pytest

from fakes import language
from mintza.errors import BadInput, MintzaError
from mintza.records import IdentifierFile, Language
from mintza.text.fitting import fit
from mintza.text.identifier_files import sha256_of, write_fitted
from mintza.text.identify import cascade, knows, second

DEMO = Path(__file__).parents[2] / "src" / "mintza_demo" / "texts"
DATA = Path(__file__).parents[3] / "shared" / "data"
# Three labels, learned by fastText's own trainer from the demo's texts: see decision 0091.
FASTTEXT = Path(__file__).parent / "tiny_fasttext.bin"
# Letters changed for others: as far from Basque as another language, and known to nobody.
CIPHER = str.maketrans("aeioubdgktlrnmszxphjf", "oiauedbtgkrlmnzxshpfj")
SPANISH = "Ayer por la tarde fuimos al monte con los amigos y volvimos a casa muy cansados."
BASQUE = "atzo mendira joan ginen lagunekin eta gauean itzuli ginen etxera"


def unknown(text: str) -> str:
    return text.lower().translate(CIPHER)


def demo(code: str) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted((DEMO / code).rglob("*.txt"))]


def named(one: Language, *models: IdentifierFile) -> Language:
    return msgspec.structs.replace(one, models=models)


@pytest.fixture(scope="module")
def ngrams(tmp_path_factory: pytest.TempPathFactory) -> IdentifierFile:
    texts = {"xyz_Latn": map(unknown, demo("eus_Latn")), "spa_Latn": demo("spa_Latn"), "eng_Latn": demo("eng_Latn")}
    path = tmp_path_factory.mktemp("identifiers") / "xyz_Latn.identifier"
    sha256 = write_fitted(fit("xyz_Latn", texts), path)
    return IdentifierFile(kind="ngrams", file=str(path), sha256=sha256, label="xyz_Latn")


def glotlid(label: str = "eus_Latn", **more: str) -> IdentifierFile:
    plain = {"kind": "glotlid", "file": str(FASTTEXT), "sha256": sha256_of(FASTTEXT), "label": label, "role": "only"}
    return msgspec.convert({**plain, **more}, IdentifierFile)


def test_a_language_that_nobody_knows_is_found_by_its_own_identifier(ngrams: IdentifierFile) -> None:
    invented = named(language("xyz_Latn", None), ngrams)
    assert knows(invented) == ("ngrams",)
    identifier = cascade((invented, language("spa_Latn", "es"), language("eng_Latn", "en")))
    assert identifier.name == "ngrams+pycld2+py3langid"
    found = identifier.identify(unknown("Ekaitza hasi orduko artzainak ardiak etxera ekarri zituen."))
    assert (found.language, found.backend) == ("xyz_Latn", "ngrams")
    assert found.score > 0.9
    # It learned Spanish too, and is not asked for it: it was named for one language.
    assert identifier.identify(SPANISH)[::2] == ("spa_Latn", "pycld2")


def test_what_measures_finds_such_a_language_too(ngrams: IdentifierFile) -> None:
    invented = named(language("xyz_Latn", None), ngrams)
    text = unknown("Ekaitza hasi orduko artzainak ardiak etxera ekarri zituen.")
    assert second((invented, language("spa_Latn", "es"))).identify(text).language == "xyz_Latn"
    assert second((invented,)).identify(text).language == "xyz_Latn"


def test_a_model_of_fasttext_is_asked_and_named(likely: tuple[Language, ...]) -> None:
    identifier = cascade((named(likely[0], glotlid()), *likely[1:]))
    found = identifier.identify(BASQUE + "\n" + BASQUE)
    assert (found.language, found.backend) == ("eus_Latn", "glotlid")
    assert 0.9 < found.score <= 1
    # A label that no language was named for.
    assert identifier.identify(SPANISH).language == "und"


def test_another_script_is_not_the_language_whatever_a_file_says(likely: tuple[Language, ...]) -> None:
    identifier = cascade((named(likely[0], glotlid()),))
    assert identifier.identify("Вчера днём мы пошли в горы с друзьями.").language == "und"
    assert identifier.identify("12:30 —").backend == "script"


def test_a_vote_goes_to_the_greater_number_and_says_who(likely: tuple[Language, ...]) -> None:
    # The file is named for Spanish under its label for Basque: it is wrong on purpose, and outvoted.
    wrong = named(likely[1], glotlid(role="vote"))
    found = cascade((likely[0], wrong)).identify(BASQUE)
    assert (found.language, found.backend) == ("eus_Latn", "py3langid+pycld2")
    assert found.score == pytest.approx(2 / 3)
    right = named(likely[0], glotlid(role="vote"))
    found = cascade((right, likely[1])).identify(BASQUE)
    assert (found.language, found.score, found.backend) == ("eus_Latn", 1.0, "glotlid+py3langid+pycld2")


def test_a_file_that_changed_or_is_none_is_named(tmp_path: Path, likely: tuple[Language, ...]) -> None:
    with pytest.raises(BadInput, match=r"tiny_fasttext\.bin: its sha256 is .* and 0000 was named"):
        cascade((named(likely[0], glotlid(sha256="0000")),))
    path = tmp_path / "text.bin"
    path.write_text("no model", encoding="utf-8")
    other = glotlid(file=str(path), sha256=hashlib.sha256(b"no model").hexdigest())
    with pytest.raises(MintzaError, match=r"text\.bin: not a model of fastText"):
        cascade((named(likely[0], other),))
    with pytest.raises(MintzaError, match=r"text\.bin: not an identifier"):
        cascade((named(likely[0], msgspec.structs.replace(other, kind="ngrams")),))


@pytest.mark.parametrize(
    ("text", "code"),
    [("Emaitza %(counter)s", "eus_Latn"), ("{name} gordeta", "eus_Latn"), ("%(limit_value)s", "und")],
)
def test_a_placeholder_is_not_read_as_english(text: str, code: str, likely: tuple[Language, ...]) -> None:
    assert cascade(likely).identify(text).language == code


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not beside the checkout")
def test_strings_of_two_to_four_words_are_told_apart(likely: tuple[Language, ...]) -> None:
    rows = [json.loads(line) for line in (DATA / "parallel_en_eu_gettext.jsonl").read_text("utf-8").splitlines()]
    cut = {
        key: {
            " ".join(words[start : start + 4])
            for row in rows
            for words in [row[key].split()]
            for start in range(0, len(words) - 1, 4)
        }
        for key in ("eu", "en")
    }
    identifier = cascade((likely[0], likely[2]))
    found = {
        key: [identifier.identify(text).language == "eus_Latn" for text in sorted(cut[key] - cut[other])]
        for key, other in (("eu", "en"), ("en", "eu"))
    }
    assert len(found["eu"]) > 1500
    assert sum(found["eu"]) / len(found["eu"]) >= 0.95
    assert sum(found["en"]) / len(found["en"]) <= 0.01

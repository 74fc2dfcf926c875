"""A language is its folder; a wrong folder is explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from mintza.errors import StudyError
from mintza.languages import known, load

WHOLE = """
code: eus_Latn
bcp47: eu
name: Basque
endonym: euskara
direction: ltr
neighbours: [spa_Latn]
identifiers: {pycld2: eu, py3langid: eu}
sentence_end: ".!?"
refusal_phrases: ["ezin dizut lagundu"]
identity_phrases: []
sample_system_prompt: "Euskaraz."
chat_system_prompt: "Euskaraz."
register: "neutral"
"""


def folder(tmp_path: Path, text: str, code: str = "eus_Latn") -> Path:
    (tmp_path / code).mkdir()
    (tmp_path / code / "language.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_folder_beside_the_study_is_searched_first(tmp_path: Path) -> None:
    language = load("eus_Latn", [folder(tmp_path, WHOLE.replace("name: Basque", "name: My Basque"))])
    assert language.name == "My Basque"
    assert language.neighbours == ("spa_Latn",)
    assert (language.pycld2, language.py3langid) == ("eu", "eu")


def test_a_language_that_no_identifier_knows_says_so(tmp_path: Path) -> None:
    text = WHOLE.replace("identifiers: {pycld2: eu, py3langid: eu}\n", "").replace("eus_Latn", "xyz_Latn")
    language = load("xyz_Latn", [folder(tmp_path, text, "xyz_Latn")])
    assert (language.pycld2, language.py3langid) == (None, None)


def test_known_languages_are_those_with_a_folder(tmp_path: Path) -> None:
    search = [folder(tmp_path, WHOLE.replace("eus_Latn", "xyz_Latn"), "xyz_Latn")]
    (tmp_path / "not-a-code").mkdir()
    (tmp_path / "not-a-code" / "language.yaml").write_text("x: 1", encoding="utf-8")
    assert "xyz_Latn" in known(search)
    assert "not-a-code" not in known(search)


def test_an_unknown_code_names_the_known_ones(tmp_path: Path) -> None:
    search = [folder(tmp_path, WHOLE.replace("eus_Latn", "xyz_Latn"), "xyz_Latn")]
    with pytest.raises(StudyError, match=r"'eux_Latn' has no folder; known: .*xyz_Latn") as raised:
        load("eux_Latn", search)
    assert "CONTRIBUTING, 'A new language'" in raised.value.remedy


@pytest.mark.parametrize("code", ["eus", "../eus_Latn", "", "eus_latn"])
def test_what_is_not_a_code_is_refused_with_the_form_of_one(code: str) -> None:
    with pytest.raises(StudyError, match="no folder") as raised:
        load(code)
    assert "eus_Latn" in raised.value.remedy


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("bcp47: eu", "bcp47: no"), "Expected `str`, got `bool`"),
        (("name: Basque\n", ""), "missing required field `name`"),
        (("name: Basque", "nmae: Basque\nname: Basque"), "unknown field `nmae`"),
        (("direction: ltr", "direction: up"), "Invalid enum value 'up'"),
        (("code: eus_Latn", "code: spa_Latn"), "code 'spa_Latn' in a folder called 'eus_Latn'"),
        (("pycld2: eu,", "fasttext: eu,"), "`identifiers` has 'fasttext'"),
        (("neighbours: [spa_Latn]", "neighbours: [spa_Latn"), "not YAML"),
        ((WHOLE, "- a list"), "a language is a mapping of keys"),
        (("name: Basque", "name: Basque\nname: Euskara"), "language.yaml:5: the key 'name' is written twice"),
        (("{pycld2: eu,", "{pycld2: eu, pycld2: es,"), "the key 'pycld2' is written twice"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    search = [folder(tmp_path, WHOLE.replace(*change))]
    with pytest.raises(StudyError, match=r"language\.yaml") as raised:
        load("eus_Latn", search)
    assert says in str(raised.value)
    assert raised.value.remedy


def identifiers(tmp_path: Path, text: str) -> list[Path]:
    (tmp_path / "eus_Latn").mkdir(exist_ok=True)
    (tmp_path / "eus_Latn" / "identifiers.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "eus_Latn" / "own.identifier").write_bytes(b"x")
    return [tmp_path]


def test_identifiers_beside_the_study_join_the_language_of_the_package(tmp_path: Path) -> None:
    search = identifiers(tmp_path, "models: [{kind: ngrams, file: own.identifier, role: vote}]")
    (model,) = load("eus_Latn", search).models
    assert (model.kind, model.label, model.role) == ("ngrams", "eus_Latn", "vote")
    assert model.file == str((tmp_path / "eus_Latn" / "own.identifier").resolve())
    assert model.sha256 == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert load("eus_Latn").models == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models: [{kind: ngrams, file: other.identifier}]", "the identifier 'other.identifier' is not there"),
        ("models: [{kind: lingua, file: own.identifier}]", "not an identifier: Invalid enum value 'lingua'"),
        ("models: [own.identifier]", "a model is a mapping"),
        ("model: []", "a mapping with the key `models`"),
        ("models: []\nmodels: []", "the key 'models' is written twice"),
    ],
)
def test_identifiers_that_are_none_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        load("eus_Latn", identifiers(tmp_path, text))


@pytest.mark.parametrize(
    ("varieties", "message"),
    [
        ('[{name: a, words: [x]}, {name: a, words: ["y"]}]', "variety 'a': there are two of this name"),
        ("[{name: a}]", "it has neither words nor patterns"),
        ("[{name: a, words: [Big]}]", "single words in lower case"),
        ("[{name: a, patterns: ['(']}]", "is no regular expression"),
    ],
)
def test_varieties_that_tell_nothing_apart_are_refused(tmp_path: Path, varieties: str, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        load("eus_Latn", [folder(tmp_path, f"{WHOLE}varieties: {varieties}\n")])


def test_every_variety_of_the_package_can_be_told(tmp_path: Path) -> None:
    names = {code: [one.name for one in load(code).varieties] for code in known()}
    assert names["eus_Latn"] == ["batua", "bizkaiera"]

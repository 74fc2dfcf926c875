"""What is known of languages without a folder: enough for a folder to start from, and what somebody means by a word."""

from pathlib import Path

import pytest
import yaml

from mintza import languages
from mintza.study import is_gap, load, write_starter

TABLE = yaml.safe_load((Path(languages.__file__).parent / "names.yaml").read_text(encoding="utf-8"))


def test_the_table_agrees_with_the_folders_that_people_wrote() -> None:
    for code in languages.known():
        written, found = languages.load(code), languages.named(code)
        assert (written.bcp47, written.pycld2, written.py3langid) == (found.bcp47, found.pycld2, found.py3langid)
        assert written.name == found.name
        assert written.direction == found.direction


def test_the_labels_are_those_of_the_identifiers() -> None:
    pycld2 = pytest.importorskip("pycld2")
    pytest.importorskip("py3langid")
    from mintza.text import backends

    known = {label for _, label in pycld2.LANGUAGES}
    assert {row[3] for row in TABLE.values()} - {None} <= known
    assert {row[4] for row in TABLE.values()} - {None} <= set(backends._whole_model().labels)
    assert sum(row[3] is not None or row[4] is not None for row in TABLE.values()) > 150


def test_every_language_of_the_table_gets_a_folder_that_can_be_read(tmp_path: Path) -> None:
    for code, (bcp47, name, endonym, *_) in TABLE.items():
        write_starter(code, tmp_path / f"{code}.yaml")
        found = load(tmp_path / f"{code}.yaml").target
        assert (found.code, found.bcp47, found.name) == (code, bcp47, name)
        assert found.endonym == endonym or is_gap(found.endonym)


@pytest.mark.parametrize(
    ("code", "name", "label", "ends", "direction"),
    [
        ("kat_Geor", "Georgian", "ka", "", "ltr"),
        ("hin_Deva", "Hindi", "hi", "।", "ltr"),
        ("arb_Arab", "Arabic", "ar", "؟", "rtl"),
        ("zho_Hant", "Chinese", "zh-Hant", "。", "ltr"),
        ("srp_Latn", "Serbian", None, "", "ltr"),
        ("nob_Latn", "Norwegian Bokmål", "no", "", "ltr"),
        ("xyz_Latn", None, None, "", "ltr"),
    ],
)
def test_a_language_is_named_with_what_its_script_asks_for(
    code: str, name: str | None, label: str | None, ends: str, direction: str
) -> None:
    found = languages.named(code)
    assert (found.name, found.pycld2, found.direction) == (name, label, direction)
    assert ends in found.ends


@pytest.mark.parametrize(
    ("word", "codes"),
    [
        ("Welsh", ["cym_Latn"]),
        ("cymraeg", ["cym_Latn"]),
        ("cy", ["cym_Latn"]),
        ("cy-GB", ["cym_Latn"]),
        ("CYM_latn", ["cym_Latn"]),
        ("ქართული", ["kat_Geor"]),
        ("sr", ["srp_Cyrl"]),
        ("no such language", []),
    ],
)
def test_a_word_for_a_language_finds_its_code(word: str, codes: list[str]) -> None:
    assert languages.codes_of(word) == codes

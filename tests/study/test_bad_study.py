"""A study as somebody in a hurry writes it: every slip is named with its line and a remedy, and none ends in a traceback."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mintza.errors import BadInput, StudyError
from mintza.pipeline.cells import cells
from mintza.study import load
from mintza.study.yaml_lines import read_yaml

STUDIES = Path(__file__).parents[2] / "studies"
DEMO = (STUDIES / "demo.yaml").read_text(encoding="utf-8")
TITLE = "title: A little Basque for SmolLM2-135M"
BACKBONE = "smollm2-135m-instruct"


def refused(path: Path, text: str) -> StudyError:
    path.write_text(text, encoding="utf-8", newline="")
    with pytest.raises(StudyError) as caught:
        load(path)
    assert caught.value.remedy
    assert caught.value.place.startswith(str(path))
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "message", "remedy"),
    [
        (TITLE, "title: !new x", "the tag !new", "take the tag out"),
        (TITLE, "title: !!python/object:os.system x", "the tag !!python/object:os.system", "take the tag out"),
        (TITLE, "title: !!binary aGVsbG8=", "the tag !!binary", "take the tag out"),
        (TITLE, "title: !!int abc", "not what its tag says", "!!"),
        (TITLE, "title: !!bool perhaps", "not what its tag says", "!!"),
        ("also: [eng_Latn, spa_Latn]", "also: !!set {eng_Latn}", "the tag !!set", "take the tag out"),
        (TITLE, f"{TITLE}\nnotes: &a [*a]", "an alias (*) that holds itself", "write out"),
        (TITLE, f"{TITLE}\n? [a, b]\n: 1", "a key is one word", "take the"),
        (TITLE, f"{TITLE}\n\tnotes: []", "not YAML: a tab", "spaces"),
        (
            "also: [eng_Latn, spa_Latn]",
            "also: [eng_Latn, spa_Latn",
            "while parsing a flow sequence, from line 6 on",
            "mend",
        ),
        (TITLE, "title: no", "text, not false", "in quotes"),
        (TITLE, "title: 12", "text, not 12", 'in quotes: "12"'),
        (TITLE, "title:", "text, not empty", "after the colon"),
        ("name: demo", "name: démo", "String should match", "without accents"),
        ("also: [eng_Latn, spa_Latn]", "also: eng_Latn", "a list, not", "[eng_Latn]"),
        ("also: [eng_Latn, spa_Latn]", "also: [eus_Latn]", "'eus_Latn' stands here twice", "name it once"),
        ("also: [eng_Latn, spa_Latn]", "also: [eng_Latn, eng_Latn]", "'eng_Latn' stands here twice", "also.0"),
        ("seeds: [33]", "seeds: [33, 33]", "the seed '33' stands here twice", "name it once"),
        ("seeds: [33]", "seeds: [-1]", "greater than or equal to 0", "docs/guide"),
        ("seeds: [33]", f"seeds: [{10**30}]", "too large", "18 digits"),
        ("seeds: [33]", f"seeds: [{'9' * 5000}]", "too large", "18 digits"),
        ("[corpus, sampled,", "[corpus+sampled, sampled+corpus,", "'corpus+sampled' stands here twice", "once"),
        (f"backbones: [{BACKBONE}]", f"backbones: [{BACKBONE}, {BACKBONE}]", "stands here twice", "once"),
        ("peak_learning_rate: 3.0e-4", "peak_learning_rate: .inf", "finite", "docs/guide"),
        ("peak_learning_rate: 3.0e-4", "peak_learning_rate: 1_0.5", "as another number", "quotes"),
        ("peak_learning_rate: 3.0e-4", "peak_learning_rate: 1:30.5", "as another number", "quotes"),
        ("language: eng_Latn}", "language: fra_Latn}", "fra_Latn", "languages/fra_Latn"),
        ("{kind: corpus}", "corpus", "a mapping of keys, not", "docs/guide"),
        ("{kind: corpus}", "{}", "the key 'kind' is missing", "one of corpus, sampled"),
        ("  store: ../.mintza-store", '  store: ""', "at least 1 character", "docs/guide"),
    ],
)
def test_a_slip_is_named_with_its_remedy(tmp_path: Path, old: str, new: str, message: str, remedy: str) -> None:
    assert DEMO.count(old) >= 1
    error = refused(tmp_path / "mine.yaml", DEMO.replace(old, new, 1))
    assert message in error.message
    assert remedy in error.remedy


def test_a_list_whose_only_item_is_wrong_is_not_called_too_short_as_well(tmp_path: Path) -> None:
    wrong = DEMO.replace("seeds: [33]", "seeds: [-1]", 1)
    assert "more after this one" not in refused(tmp_path / "mine.yaml", wrong).message
    empty = refused(tmp_path / "mine.yaml", DEMO.replace("seeds: [33]", "seeds: []", 1))
    assert empty.message == "at least 1 value is needed here, not []"


def test_an_error_inside_a_union_names_the_key_of_the_file_and_the_keys_of_that_kind(tmp_path: Path) -> None:
    later = f"  later: {{kind: variant, variant: {BACKBONE}.corpus.s33, license: MIT}}\n\ncomponents:"
    error = refused(tmp_path / "mine.yaml", DEMO.replace("\ncomponents:", later, 1))
    assert error.message == "unknown key 'license'"
    assert error.place.endswith("backbones.later.license")
    assert error.remedy == "known here: kind, variant"


def test_ten_levels_of_aliases_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 10))
    assert "values" in refused(tmp_path / "mine.yaml", f"l0: &l0 [x]\n{levels}\n").message


@pytest.mark.parametrize("text", ["2026-11-30", "2026-13-45", "=", "<<", "~home", "12h"])
def test_what_looks_like_a_date_or_a_sign_is_the_text_that_was_written(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(DEMO.replace(TITLE, f"title: {text}"), encoding="utf-8")
    assert load(path).settings.title == text


def with_(tmp_path: Path, **tables: Any) -> Path:
    """The demo with these keys put into its only table, and these backbones."""
    plain = yaml.safe_load(DEMO)
    plain["backbones"] |= tables.pop("backbones_of", {})
    plain["tables"] = tables.pop("tables", {"main": plain["tables"]["main"] | tables})
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")
    return path


def variant_of(name: str) -> dict[str, str]:
    return {"kind": "variant", "variant": name}


@pytest.mark.parametrize(
    ("backbones", "more", "message"),
    [
        ({"late": variant_of("late.corpus.s33")}, {}, "'late' starts from itself: late from late"),
        (
            {"a": variant_of("b.corpus.s33"), "b": variant_of("a.corpus.s33")},
            {},
            "'a' starts from itself: a from b from a",
        ),
        ({"a": variant_of(f"{BACKBONE}.corpus.s33")}, {"without": [f"{BACKBONE}.corpus"]}, "is left out of its table"),
        (
            {"a": variant_of(f"{BACKBONE}.corpus.s33")},
            {"same_as": {f"{BACKBONE}.corpus": BACKBONE}},
            f"equals the untouched backbone '{BACKBONE}'",
        ),
    ],
)
def test_a_backbone_that_comes_from_no_training_is_refused(
    tmp_path: Path, backbones: dict[str, dict[str, str]], more: dict[str, Any], message: str
) -> None:
    path = with_(tmp_path, backbones=[BACKBONE, *backbones], backbones_of=backbones, **more)
    error = refused(path, path.read_text(encoding="utf-8"))
    assert message in error.message
    assert "backbones." in error.place


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"same_as": {f"{BACKBONE}.corpus": f"{BACKBONE}.corpus"}}, "same as itself"),
        (
            {"same_as": {f"{BACKBONE}.corpus": f"{BACKBONE}.sampled"}, "without": [f"{BACKBONE}.sampled"]},
            "left out or has no such seed",
        ),
    ],
)
def test_a_cell_that_equals_nothing_is_named_with_its_line(tmp_path: Path, more: dict[str, Any], message: str) -> None:
    path = with_(tmp_path, **more)
    error = refused(path, path.read_text(encoding="utf-8"))
    assert message in error.message
    assert error.place.endswith(f"tables.main.same_as.{BACKBONE}.corpus")


def test_a_cell_may_equal_one_of_another_table_seed_by_seed(tmp_path: Path) -> None:
    first = {"backbones": [BACKBONE], "mixtures": ["corpus"], "seeds": [1, 2]}
    second = {
        "backbones": [BACKBONE],
        "mixtures": ["written"],
        "seeds": [1, 2],
        "same_as": {f"{BACKBONE}.written": f"{BACKBONE}.corpus"},
    }
    found = cells(load(with_(tmp_path, tables={"one": first, "two": second})).settings)
    assert {cell.name: cell.same_as for cell in found if cell.table == "two"} == {
        f"{BACKBONE}.written.s1": f"{BACKBONE}.corpus.s1",
        f"{BACKBONE}.written.s2": f"{BACKBONE}.corpus.s2",
    }
    second["seeds"] = [3]
    path = with_(tmp_path, tables={"one": first, "two": second})
    assert "no such seed" in refused(path, path.read_text(encoding="utf-8")).message


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("models", {"m": {"provider": "embedded", "backbone": "nope"}}, "there is no backbone 'nope'"),
        ("models", {BACKBONE: {"provider": "scripted", "replies": "x.yaml"}}, "is a backbone too"),
        ("release", {"models": ["nope"]}, "there is no variant 'nope'"),
        ("release", {"base_models": {"nope": "a/b"}}, "there is no backbone 'nope'"),
    ],
)
def test_a_name_that_names_nothing_is_refused_when_the_study_is_read(
    tmp_path: Path, key: str, value: Any, message: str
) -> None:
    error = refused(tmp_path / "mine.yaml", DEMO + yaml.safe_dump({key: value}))
    assert message in error.message
    assert f"{key}." in error.place


def test_a_source_in_a_language_that_the_study_does_not_examine_is_named_with_its_line(tmp_path: Path) -> None:
    error = refused(tmp_path / "mine.yaml", DEMO.replace("also: [eng_Latn, spa_Latn]", "also: [eng_Latn]"))
    assert "there is no language of the study 'spa_Latn'" in error.message
    assert "corpus.sources." in error.place
    assert "known: eus_Latn, eng_Latn" in error.remedy


def test_a_backbone_may_be_told_how_it_is_asked_under_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    asked = {BACKBONE: {"provider": "embedded", "backbone": BACKBONE, "execution": {"slots": 2}}}
    path.write_text(DEMO + yaml.safe_dump({"models": asked}), encoding="utf-8")
    assert BACKBONE in load(path).settings.models


# Line ends of other alphabets are folded by the writer that this test uses.
TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_what_another_program_wrote_is_read_as_it_was_meant(
    tmp_path_factory: pytest.TempPathFactory, value: dict[str, Any]
) -> None:
    path = tmp_path_factory.mktemp("yaml") / "x.yaml"
    path.write_text(yaml.safe_dump(value, allow_unicode=True), encoding="utf-8")
    assert read_yaml(path).value == value


@given(st.text(alphabet=st.sampled_from("ab: -[]{}&*!|>?#\"'\n\t%@`=<~0_1.,"), max_size=60))
def test_no_text_ends_in_anything_but_a_value_or_an_error_with_its_place(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("yaml") / "x.yaml"
    path.write_text(text, encoding="utf-8")
    place = str(path)
    try:
        read_yaml(path)
    except (StudyError, BadInput) as error:
        place = error.place
    assert place.startswith(str(path))

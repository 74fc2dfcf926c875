import contextlib
import shutil
from pathlib import Path

import pytest
import yaml

from mintza import languages
from mintza.errors import BadInput, MintzaError, StudyError
from mintza.study import load, write_starter

STUDIES = Path(__file__).parents[2] / "studies"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text((STUDIES / "demo.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    return path


def changed(study: Path, old: str, new: str) -> Path:
    text = study.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"the demo's study has no {old!r}"
    study.write_text(text.replace(old, new, 1), encoding="utf-8")
    return study


def line_of(study: Path, text: str) -> int:
    return next(n for n, line in enumerate(study.read_text(encoding="utf-8").splitlines(), 1) if text in line)


@pytest.mark.parametrize("name", ["demo", "basque", "basque-sequential", "basque-libreoffice"])
def test_the_studies_that_are_shipped_load(name: str) -> None:
    study = load(STUDIES / f"{name}.yaml")
    assert study.settings.name == name
    assert study.target.code == "eus_Latn"


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "remedy"),
    [
        ("conversations: 48", "conversation: 48", "conversation: 48", "unknown key 'conversation'", "conversations"),
        ("conversations: 48", "conversations: many", "conversations: many", "a whole number", "without quotes"),
        ("conversations: 48", 'conversations: "48"', 'conversations: "48"', "a whole number", "without quotes"),
        ("language: eus_Latn", "language: eux_Latn", "language: eux_Latn", "eux_Latn", "CONTRIBUTING"),
        ("also: [eng_Latn, spa_Latn]", "also: [eng_Latn, xxx_Latn]", "also:", "xxx_Latn", "CONTRIBUTING"),
        ("title: A little Basque for SmolLM2-135M\n", "", "name: demo", "'title' is missing", "add it"),
        ("{kind: corpus}", "{kind: corups}", "kind: corups", "corups", "corpus"),
        ("[corpus, sampled,", "[corpus, smpled,", "smpled", "no component 'smpled'", "sampled"),
        (
            "backbones: [smollm2-135m-instruct]",
            "backbones: [smollm2]",
            "backbones: [smollm2]",
            "no backbone",
            "smollm2-135m",
        ),
        ("weights: {corpus: 0.3", "weights: {corpsu: 0.3", "corpsu", "no component 'corpsu'", "corpus"),
        ("of: sampled", "of: corpus", "of: corpus", "no sampled or written component", "sampled"),
        ("corpus+sampled+written]", "corpus+corpus]", "corpus+corpus", "twice", "once"),
        ("seeds: [33]", "seeds: [0_33]", "0_33", "another number", "quotes"),
        ("seeds: [33]", "seeds: []", "seeds: []", "at least 1", "docs/guide"),
        ("peak_learning_rate: 3.0e-4", "peak_learning_rate: 3e-4", "3e-4", "not a number", "docs/guide"),
        ("name: demo\n", "name: demo\nname: demo2\n", "name: demo2", "written twice", "keep one"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_its_remedy(
    study: Path, old: str, new: str, line: str, message: str, remedy: str
) -> None:
    changed(study, old, new)
    with pytest.raises(StudyError) as caught:
        load(study)
    assert message in caught.value.message
    assert remedy in caught.value.remedy
    assert f"mine.yaml:{line_of(study, line)}" in caught.value.place


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a study is a mapping"),
        (b"- a\n- b\n", "a study is a mapping"),
        (b"name: [\n", "not YAML"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_a_file_that_is_no_study_is_refused_in_words(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(MintzaError, match=message):
        load(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file") as caught:
        load(tmp_path / "nowhere.yaml")
    assert "nowhere.yaml" in caught.value.place


def test_what_init_writes_loads_and_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "welsh.yaml"
    assert write_starter("cym_Latn", out) == [out]
    assert load(out).target.name == "Welsh"
    with pytest.raises(BadInput, match="already"):
        write_starter("cym_Latn", out)


def test_what_init_writes_names_the_languages_of_the_exam_that_it_takes(tmp_path: Path) -> None:
    write_starter("eus_Latn", tmp_path / "basque.yaml")
    definition = STUDIES.parent / "src" / "mintza" / "exams" / "definitions" / "mintza_general.yaml"
    asks = yaml.safe_load(definition.read_text(encoding="utf-8"))["languages"]
    *others, last = sorted(languages.load(code).name for code in asks)
    assert f"are in {', '.join(others)} and {last}:" in (tmp_path / "basque.yaml").read_text(encoding="utf-8")


def test_a_language_that_nobody_knows_gets_a_folder_beside_the_study_without_touching_the_package(
    tmp_path: Path,
) -> None:
    out = tmp_path / "tvl.yaml"
    written = write_starter("tvl_Latn", out)
    assert written == [out, tmp_path / "languages" / "tvl_Latn" / "language.yaml"]
    assert load(out).target.code == "tvl_Latn"


def test_a_study_is_named_as_one_types_it_from_where_one_is(
    study: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (tmp_path / "my studies").mkdir()
    other = Path(shutil.copy(study, tmp_path / "my studies" / "one.yaml"))
    with contextlib.chdir(tmp_path):
        assert load(Path("my studies") / "one.yaml").typed == "'my studies/one.yaml'"
    with contextlib.chdir(other.parent):
        assert load(Path("one.yaml")).typed == "one.yaml"
    with contextlib.chdir(tmp_path_factory.mktemp("elsewhere")):
        assert load(other).typed == f"'{other.resolve()}'"


def test_what_is_no_language_code_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="no language code"):
        write_starter("welsh", tmp_path / "x.yaml")


def test_the_execution_settings_do_not_bear_on_a_result() -> None:
    study = load(STUDIES / "demo.yaml")
    bearing = study.settings.train.bearing()
    assert "execution" not in bearing
    assert bearing["epochs"] == 1.0
    assert bearing["weight_decay"] == 0.1


LATER = "  later: {kind: variant, variant: smollm2-135m-instruct.corpus.s33}\n\ncomponents:"
SERVED = "models: {served: {provider: server, model: m, backbone: later, execution: {serve: {jobs: 1}}}}\n"


@pytest.mark.parametrize("asked", ["later", "served"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    conversations: 48", "    conversations: 48\n    model: {}"),
        ("translate: {limit: 16,", "translate: {model: {}, limit: 16,"),
        ("    seeds: [33]", "    seeds: [33]\n    instruct_model: {}"),
        ("exams:\n", "references: [{}]\nexams:\n"),
    ],
)
def test_a_stage_cannot_ask_what_the_study_has_yet_to_train(study: Path, asked: str, old: str, new: str) -> None:
    changed(study, "\n\ncomponents:", f"\n{LATER}")
    changed(study, "exams:\n", f"{SERVED}exams:\n")
    load(study)
    changed(study, old, new.replace("{}", asked))
    with pytest.raises(StudyError) as caught:
        load(study)
    assert f"'{asked}' is the variant smollm2-135m-instruct.corpus.s33" in caught.value.message
    assert "mintza release" in caught.value.remedy
    assert "mine.yaml:" in caught.value.place

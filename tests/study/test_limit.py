from pathlib import Path

from mintza.study import limited, load

STUDIES = Path(__file__).parents[2] / "studies"


def test_a_trial_asks_for_less_of_everything_and_for_nothing_more() -> None:
    full = load(STUDIES / "demo.yaml").settings
    trial = limited(load(STUDIES / "demo.yaml"), 10).settings
    assert trial.instruct.sample.conversations == 10
    assert trial.translate.translate.limit == 10
    assert trial.exams.take["mintza_general"].items == 10
    assert all(source.limit == 10 for source in trial.corpus.sources)
    assert trial.train == full.train


def test_a_limit_above_what_is_asked_changes_no_count() -> None:
    full = load(STUDIES / "demo.yaml").settings
    trial = limited(load(STUDIES / "demo.yaml"), 10_000).settings
    assert trial.instruct == full.instruct
    assert trial.exams == full.exams


def test_where_all_items_of_an_exam_are_taken_a_trial_takes_at_most_so_many(tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text((STUDIES / "demo.yaml").read_text().replace("mintza_general: {items: 32}", "mintza_general: {}"))
    take = limited(load(study), 10).settings.exams.take["mintza_general"]
    assert (take.items, take.at_most) == (None, 10)

"""What a profile's file says wrongly is named with its line; what nothing fits is said."""

from pathlib import Path

import pytest
import yaml

from mintza.cluster.profile import profile_of, resources_of, unmatched
from mintza.errors import StudyError
from mintza.pipeline.plan import make_plan
from mintza.study import Study, load

DEMO = Path(__file__).parents[2] / "studies" / "demo.yaml"


def study(folder: Path, profile: str, **cluster: object) -> Study:
    """The demo with a profile beside it."""
    said = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    said["execution"] = {"cluster": {"profile": "site.yaml", **cluster}}
    (folder / "study.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    (folder / "site.yaml").write_text(profile, encoding="utf-8")
    return load(folder / "study.yaml")


@pytest.mark.parametrize(
    ("profile", "place", "message", "remedy"),
    [
        ("resourses: {}\n", "site.yaml:1", "unknown key 'resourses'", "did you mean 'resources'?"),
        ("scheduler: slurm\nresources: {time: soon}\n", "site.yaml:2", "90m, 4h, 2d", "cluster.md"),
        ("stages:\n  train: {gpu: 1}\n", "site.yaml:2", "unknown key 'gpu'", "did you mean 'gpus'?"),
        ("setup: module load x\n", "site.yaml:1", "a list", "write it as a list"),
        ("stages: {trian: {gpus: 1}}\n", "site.yaml", "no stage 'trian'", "train"),
        ("resources: [\n", "site.yaml:2", "not YAML", "mend"),
    ],
)
def test_a_mistake_in_a_profile_is_named(tmp_path: Path, profile: str, place: str, message: str, remedy: str) -> None:
    with pytest.raises(StudyError) as caught:
        profile_of(study(tmp_path, profile))
    assert place in caught.value.place
    assert message in caught.value.message
    assert remedy in caught.value.remedy


def test_a_stage_that_the_study_itself_misspells_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="no stage 'answers'"):
        profile_of(study(tmp_path, "scheduler: slurm\n", stages={"answers": {"cpus": 1}}))


def test_the_most_particular_answer_stands_field_by_field_and_a_pattern_that_fits_nothing_is_known(
    tmp_path: Path,
) -> None:
    said = study(
        tmp_path,
        "resources: {cpus: 1, memory: 1G, time: 1h}\nstages: {train: {cpus: 2, gpus: 1}}\n",
        stages={"train": {"gpus": 4}},
        cells={"train/*.corpus.s33": {"time": "2d"}, "train/*70b*": {"nodes": 64}},
    )
    plan = make_plan(said)
    asks = resources_of(plan.nodes["train/smollm2-135m-instruct.corpus.s33"], said, profile_of(said))
    assert (asks.cpus, asks.gpus, asks.memory, asks.minutes, asks.nodes) == (2, 4, "1G", 2 * 24 * 60, None)
    assert unmatched(plan) == ["train/*70b*"]

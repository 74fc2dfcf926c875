"""What `mintza status` says of jobs: by Slurm's word, by the jobs' own notes, by the manifests. No Slurm: a queue that is told."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from mintza.cluster.ledger import Ledger
from mintza.cluster.slurm import Job
from mintza.cluster.status import Standing, status
from mintza.cluster.submit import array_of, name_of, submit
from mintza.pipeline.plan import Plan, make_plan
from mintza.pipeline.run import State, states
from mintza.store import Description, Store
from mintza.study import load
from mintza.study.cluster import Profile

DEMO = Path(__file__).parents[2] / "studies" / "demo.yaml"
NOW, HOUR = 1_800_000_000, 3600
NODE = "corpus"
GONE = "job 7: no node would start it{}; it did not run"


class Queue:
    """A Scheduler that knows these jobs, and takes none."""

    def __init__(self, *jobs: Job) -> None:
        self.known = jobs

    def jobs(self, names: Sequence[str]) -> list[Job]:
        return [job for job in self.known if job.name in names]

    def submit(self, script: str, options: Sequence[str]) -> str:
        raise NotImplementedError

    def cancel(self, ids: Sequence[str]) -> None:
        raise NotImplementedError


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """The demo, with a store of its own; sampling is shared out."""
    said = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    said["execution"] = {"store": "store"}
    sample = said.setdefault("instruct", {}).setdefault("sample", {})
    sample["execution"] = {**sample.get("execution", {}), "shards": 2}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    made = make_plan(load(tmp_path / "study.yaml"))
    Ledger(made.study.store).prepare()
    return made


def state_of(plan: Plan, node: str = NODE) -> State:
    return states(plan, Store(plan.study.store))[node]


def noted(plan: Plan, run: str, name: str, began: int, ended: int | None, code: int | None, gpus: int = 0) -> None:
    """A note as a job's script leaves it. run: `7.0`, the first run of job 7."""
    note = {"job": run.partition(".")[0], "name": name, "began": began, "ended": ended, "code": code, "gpus": gpus}
    (Ledger(plan.study.store).notes_folder / f"{run}.json").write_text(json.dumps(note), encoding="utf-8")


def job(name: str, state: str, reason: str = "None", elapsed: int = 0, id_: str = "7") -> Job:
    return Job(id_, name, state, reason, elapsed, None, "n1")


def standing(plan: Plan, *jobs: Job, node: str = NODE) -> Standing:
    (found,) = [one for one in status(plan, Store(plan.study.store), Queue(*jobs)).standings if one.node == node]
    return found


def hours(plan: Plan, *jobs: Job) -> float:
    return status(plan, Store(plan.study.store), Queue(*jobs), lambda: NOW).gpu_hours


def test_gpu_hours_of_a_job_that_submit_had_no_time_to_record_are_counted(plan: Plan) -> None:
    ledger, name = Ledger(plan.study.store), name_of(state_of(plan))
    ledger.add("6", name, NODE, ())
    noted(plan, "6.0", name, NOW - 2 * HOUR, NOW - HOUR, 1, gpus=1)
    noted(plan, "7.0", name, NOW - HOUR, NOW, 0, gpus=2)
    noted(plan, "8.0", "mintza-corpus-of-another-study", NOW - HOUR, NOW, 0, gpus=100)
    assert hours(plan) == 3.0


def test_gpu_hours_of_shards_are_counted_when_slurm_has_forgotten_them(plan: Plan) -> None:
    shards = array_of(state_of(plan, "sample/sampled"))
    Ledger(plan.study.store).add("9", shards, "sample/sampled", ())
    for task in range(2):
        noted(plan, f"9_{task}.0", shards, NOW - HOUR, NOW, 0, gpus=1)
    assert hours(plan) == 2.0


def test_a_run_that_was_killed_costs_what_slurm_knows_and_does_not_grow_for_ever(plan: Plan) -> None:
    name = name_of(state_of(plan))
    noted(plan, "7.0", name, NOW - 50 * HOUR, None, None, gpus=4)
    assert hours(plan) == 0.0
    assert hours(plan, job(name, "NODE_FAIL", elapsed=HOUR)) == 4.0
    assert hours(plan, job(name, "PENDING", "BeginTime")) == 0.0
    assert hours(plan, job(name, "RUNNING", elapsed=HOUR)) == 200.0


def test_a_half_written_note_and_a_cut_line_of_the_ledger_are_passed_over(plan: Plan) -> None:
    ledger, name = Ledger(plan.study.store), name_of(state_of(plan))
    ledger.add("6", name, NODE, ())
    with (plan.study.store / "cluster" / "submitted.jsonl").open("ab") as file:
        file.write(b'{"job":"7","name":"min')
    (ledger.notes_folder / "5.0.json").write_bytes(b"")
    (ledger.notes_folder / ".7.0").write_text('{"job":"7"', encoding="utf-8")
    noted(plan, "6.0", name, NOW - HOUR, NOW, 3)
    assert standing(plan).note == "job 6: ended with 3"


def test_a_job_that_only_its_own_note_knows_is_shown_with_how_it_ended_and_its_last_words(plan: Plan) -> None:
    ledger, name = Ledger(plan.study.store), name_of(state_of(plan))
    noted(plan, "7.0", name, NOW - HOUR, NOW, 1)
    (ledger.logs / f"{name}.7.log").write_text("texts: no such folder\n", encoding="utf-8")
    found = standing(plan)
    assert (found.word, found.note, found.last) == ("failed", "job 7: ended with 1", ("texts: no such folder",))


@pytest.mark.parametrize(
    ("ran", "code", "elapsed", "says"),
    [
        ("never", None, 0, GONE.format("")),
        (None, None, 0, GONE.format(" again")),
        (HOUR, 75, 0, GONE.format(" again")),
        (HOUR, 143, 0, GONE.format(" again")),
        (0, 1, 0, "job 7: failed (it ended with 1)"),
        (60, 1, 60, "job 7: failed (it ended with 1)"),
        (None, None, 60, "job 7: failed (NonZeroExitCode)"),
    ],
)
def test_a_job_that_no_node_would_start_is_told_from_one_that_failed(
    plan: Plan, ran: int | str | None, code: int | None, elapsed: int, says: str
) -> None:
    name = name_of(state_of(plan))
    if not isinstance(ran, str):
        noted(plan, "7.0", name, NOW - HOUR, None if ran is None else NOW - HOUR + ran, code)
    found = standing(plan, job(name, "FAILED", "NonZeroExitCode", elapsed))
    assert (found.word, found.note) == ("failed", says)


def test_a_job_that_slurm_dropped_says_why(plan: Plan) -> None:
    found = standing(plan, job(name_of(state_of(plan)), "CANCELLED", "DependencyNeverSatisfied"))
    assert found.note == "job 7: dropped by Slurm, since what it waited for did not end well"


def test_a_job_whose_setup_fails_did_start_though_it_left_no_note(plan: Plan) -> None:
    name = name_of(state_of(plan))
    (Ledger(plan.study.store).logs / f"{name}.7.log").write_text("module: not found\n", encoding="utf-8")
    found = standing(plan, job(name, "FAILED", "NonZeroExitCode"))
    assert (found.note, found.last) == ("job 7: failed (NonZeroExitCode)", ("module: not found",))


@pytest.mark.parametrize(
    ("state", "says"), [("COMPLETED", ""), ("FAILED", GONE.format("")), ("CANCELLED", "job 7: cancelled")]
)
def test_what_is_complete_though_its_last_job_ended_badly_is_done_and_says_so(
    plan: Plan, state: str, says: str
) -> None:
    store, at = Store(plan.study.store), state_of(plan)
    store.prepare()
    store.writer(
        Description(
            key=at.key,
            stage=at.node.stage.name,
            cell=None,
            parents=(),
            settings=at.node.settings,
            revision=1,
            libraries={},
            execution={},
            commit=None,
        )
    ).seal()
    found = standing(plan, job(name_of(at), state))
    assert (found.word, found.note) == ("done", says)


def test_a_job_that_is_ending_is_not_submitted_twice_and_submit_says_what_to_do(plan: Plan) -> None:
    name = name_of(state_of(plan))
    placed = submit(plan, Store(plan.study.store), Queue(job(name, "COMPLETING")), Profile(), only=NODE)
    (found,) = [one for one in placed if one.node == NODE]
    assert (found.new, found.job) == (False, "7")
    assert found.why.startswith("is ending: submit once more")

"""The corpus first and instructions after, beside both at once: backbones of kind `variant`."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from mintza.records import Checkpoint, Measurement
from mintza.store import Store
from mintza.terminal.serving import found_model
from tiny import write_study

Cli = Callable[..., subprocess.CompletedProcess[str]]


def test_a_variant_is_the_backbone_of_another_and_is_trained_once(tmp_path: Path, cli: Cli) -> None:
    study = write_study(
        tmp_path / "study",
        backbones={
            "tiny": {"kind": "folder", "path": "backbone", "license": "CC0-1.0", "instructed": True},
            "tiny-basque": {"kind": "variant", "variant": "tiny.corpus.s1"},
        },
        tables={
            "first": {"backbones": ["tiny"], "mixtures": ["corpus", "corpus+sampled"], "seeds": [1]},
            "after": {"backbones": ["tiny-basque"], "mixtures": ["sampled"], "seeds": [1]},
        },
    )
    done = cli("run", study)
    assert done.returncode == 0, done.stderr + done.stdout
    store = Store(study.parent / "store")
    trained = {a.cell: a for a in store.artifacts() if a.stage == "train"}
    assert set(trained) == {"tiny.corpus.s1", "tiny.corpus+sampled.s1", "tiny-basque.sampled.s1"}
    after = trained["tiny-basque.sampled.s1"]
    assert trained["tiny.corpus.s1"].key in {parent.key for parent in after.parents}
    assert next(iter(store.read(after, Checkpoint))).variant == "tiny-basque.sampled.s1"
    measured = {m.model for a in store.artifacts() if a.stage == "measure" for m in store.read(a, Measurement)}
    assert measured == {"tiny", *trained}
    backbone = found_model(study, "tiny-basque", tmp_path, file_only=True)
    assert backbone.location == found_model(study, "tiny.corpus.s1", tmp_path, file_only=True).location
    assert backbone.location.is_file()


def test_the_shipped_sequential_study_plans_what_each_cell_is_made_from() -> None:
    from mintza.pipeline.plan import make_plan
    from mintza.study import load

    plan = make_plan(load(Path(__file__).parents[2] / "studies" / "basque-sequential.yaml"))
    after = plan.nodes["train/llama-3.1-8b-basque.sampled.s33"]
    assert "train/llama-3.1-8b.corpus.s33" in after.parents
    # The base that learned the corpus alone follows no instructions; taught conversations afterwards it does.
    assert plan.nodes["answer/llama-3.1-8b.corpus.s33"].settings["instructed"] is False
    assert plan.nodes["answer/llama-3.1-8b-basque.sampled.s33"].settings["instructed"] is True
    # A base and its instructed sibling share tokenizer and template only once they are here to be looked at.
    assert len([node for node in plan.nodes if node.startswith("train/")]) == 10

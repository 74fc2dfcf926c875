"""Which items a model has read: those in its own mixture, and in what its backbone was trained on before it."""

from __future__ import annotations

from pathlib import Path

from mintza.pipeline.plan import Plan, make_plan
from mintza.study import load

STUDIES = Path(__file__).parents[2] / "studies"


def looked_at(plan: Plan, model: str) -> set[str]:
    return {parent for parent in plan.nodes[f"measure/{model}"].parents if parent.startswith("overlap")}


def test_a_variant_is_measured_without_what_stands_in_any_of_its_components() -> None:
    plan = make_plan(load(STUDIES / "demo.yaml"))
    for cell in plan.cells:
        if cell.same_as is None:
            conversations = {plan.component_nodes[name] for name in cell.variant.mixture} - {"corpus"}
            wanted = {"overlap", *(f"overlap/{node.partition('/')[2]}" for node in conversations)}
            assert looked_at(plan, cell.name) == wanted
            assert all(plan.nodes[name].parents[0] == "exams" for name in wanted)
    for backbone in plan.study.settings.backbones:
        assert looked_at(plan, backbone) == {"overlap"}


def test_what_a_backbone_read_before_is_read_too() -> None:
    plan = make_plan(load(STUDIES / "basque-sequential.yaml"))
    after = looked_at(plan, "llama-3.1-8b-basque.sampled.s33")
    assert looked_at(plan, "llama-3.1-8b.corpus.s33") == {"overlap"}
    assert after == {"overlap", "overlap/sampled"}


def test_nothing_is_looked_for_where_the_study_does_not_want_it(tmp_path: Path) -> None:
    text = (STUDIES / "demo.yaml").read_text(encoding="utf-8")
    assert "benchmark:\n" in text
    file = tmp_path / "study.yaml"
    file.write_text(text.replace("benchmark:\n", "benchmark:\n  clean_share: null\n"), encoding="utf-8")
    assert not [node for node in make_plan(load(file)).nodes if node.startswith("overlap")]

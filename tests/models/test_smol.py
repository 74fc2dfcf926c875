"""The real small model, SmolLM2-135M-Instruct, in all that the demo needs of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mintza.models.backbones import convert, find, template_of
from mintza.models.headers import read_header
from mintza.models.hugging_face import read_model, read_tokenizer
from mintza.models.providers.local import LocalModel
from mintza.models.seam import ChatPrompt, Pair, Sampling
from mintza.models.settings import GgufBackbone, LocalExecution, LocalSettings
from mintza.models.templates import ChatTemplate, prompt_spans, spans
from mintza.models.tokenizers import load_tokenizer
from mintza.records import Backbone, Message

TURNS = [
    Message(role="user", content="What is <|im_end|> for?"),
    Message(role="assistant", content="It ends a turn.\n"),
    Message(role="user", content="  Ñandú? "),
]


@pytest.fixture(scope="module")
def backbone(smol: Path) -> Backbone:
    pytest.importorskip("torch", reason="torch is not installed (pip install 'mintza[local]')")
    settings = GgufBackbone(path=str(smol), license="Apache-2.0", instructed=True)
    return find(settings, name="smol", base=Path("/"))


@pytest.fixture(scope="module")
def converted(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return convert(backbone, tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def local(backbone: Backbone, converted: Path) -> Iterator[LocalModel]:
    folder = Backbone(
        name="smol",
        kind="folder",
        location=str(converted),
        revision=backbone.revision,
        license=backbone.license,
        instructed=True,
    )
    settings = LocalSettings(backbone="smol", execution=LocalExecution(threads=2))
    model = LocalModel(settings, name="smol", backbone=folder)
    yield model
    model.close()


def as_dicts(messages: list[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]


@pytest.mark.parametrize("style", ["chatml", "llama3", "gemma", "mistral", "default-system", "words-only", "marked"])
@pytest.mark.parametrize("generation", [True, False])
def test_a_rendering_is_that_of_transformers(tiny: Path, styles: dict[str, str], style: str, generation: bool) -> None:
    tokenizer = read_tokenizer(tiny)
    chat = ChatTemplate(styles[style], tokenizer.special_tokens_map)
    theirs = tokenizer.apply_chat_template(
        as_dicts(TURNS), chat_template=styles[style], tokenize=False, add_generation_prompt=generation
    )
    assert chat.render(TURNS, add_generation_prompt=generation) == theirs


@pytest.mark.slow
def test_smols_own_template_renders_and_encodes_as_transformers_has_it(backbone: Backbone, smol: Path) -> None:
    whole = read_tokenizer(smol)
    tokenizer = load_tokenizer(str(smol))
    chat = template_of(backbone)
    assert chat is not None
    assert dict(whole.special_tokens_map) == chat.special
    for messages in ([Message(role="system", content="Be brief."), *TURNS], TURNS):
        theirs = whole.apply_chat_template(as_dicts(messages), tokenize=False, add_generation_prompt=True)
        assert chat.render(messages, add_generation_prompt=True) == theirs
    harmless = [Message(role="user", content="Hi, how are you?"), Message(role="assistant", content="Well.")]
    pieces = spans(chat, harmless)
    ours = [token for p in pieces for token in (tokenizer.encode if p.content else tokenizer.encode_markup)(p.text)]
    assert ours == whole.apply_chat_template(as_dicts(harmless), tokenize=True)["input_ids"]
    typed = [p for p in prompt_spans(chat, TURNS) if p.content]
    assert not {0, 1, 2} & {token for p in typed for token in tokenizer.encode(p.text)}


@pytest.mark.slow
def test_the_folder_of_weights_is_the_same_model_as_the_gguf_file(
    smol: Path, converted: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    import torch

    from_file, from_folder = read_model(smol, "float32"), read_model(converted, "float32")
    tokenizer = load_tokenizer(str(converted))
    assert tokenizer.digest == load_tokenizer(str(smol)).digest
    assert read_header(converted) == read_header(smol)
    ids = torch.tensor([tokenizer.encode("The quick brown fox jumps over the lazy dog.")])
    with torch.inference_mode():
        assert torch.equal(from_file(ids).logits, from_folder(ids).logits)
    weights: Any = from_folder
    assert weights.lm_head.weight.data_ptr() == weights.model.embed_tokens.weight.data_ptr()
    assert getattr(weights.config, "quantization_config", None) is None
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_the_local_engine_answers_and_scores(local: LocalModel) -> None:
    question = (Message(role="user", content="What is the capital of France? Say only its name."),)
    [answer] = local.chat([ChatPrompt(messages=question, draw=0)], Sampling(max_tokens=24))
    assert "Paris" in answer.text
    assert answer.finish_reason == "stop"
    context = "The capital of France is"
    right, wrong = local.likelihood([Pair(context=context, continuation=city) for city in (" Paris", " Bilbao")])
    assert right.log_likelihood > wrong.log_likelihood + 2
    assert right.greedy

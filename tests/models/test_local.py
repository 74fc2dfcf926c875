from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mintza.errors import BadInput, ModelError
from mintza.models.backbones import convert, find
from mintza.models.hugging_face import read_model
from mintza.models.providers.local import LocalModel
from mintza.models.seam import ChatPrompt, Pair, Prompt, Sampling
from mintza.models.settings import FolderBackbone, LocalExecution, LocalSettings
from mintza.models.tokenizers import FastTokenizer, load_tokenizer
from mintza.records import Backbone, Message

EXECUTION = LocalExecution(batch_tokens=64, batch=3)


def backbone_at(folder: Path, instructed: bool = True) -> Backbone:
    return find(FolderBackbone(path=str(folder), license="x", instructed=instructed), name="tiny", base=Path("/"))


@pytest.fixture(scope="module")
def model(tiny: Path) -> Iterator[LocalModel]:
    opened = LocalModel(LocalSettings(backbone="tiny", execution=EXECUTION), name="tiny", backbone=backbone_at(tiny))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def tokenizer(tiny: Path) -> FastTokenizer:
    return load_tokenizer(str(tiny))


def asked(text: str, draw: int = 0) -> ChatPrompt:
    return ChatPrompt(messages=(Message(role="user", content=text),), draw=draw)


@pytest.fixture(scope="module")
def weights(tiny: Path) -> Any:
    return read_model(tiny, "float32")


def nats_by_hand(weights: Any, context: list[int], scored: list[int]) -> tuple[float, bool]:
    """Log-likelihood of the scored ids one text at a time, straight from transformers."""
    import torch

    ids = torch.tensor([[*context, *scored]])
    with torch.inference_mode():
        logits = weights(ids).logits[0].double()
    rows = logits[len(context) - 1 : -1]
    nats = sum(float(torch.log_softmax(row, -1)[token]) for row, token in zip(rows, scored, strict=True))
    return nats, [int(row.argmax()) for row in rows] == scored


def test_likelihoods_agree_with_one_text_at_a_time(model: LocalModel, tokenizer: FastTokenizer, weights: Any) -> None:
    draw = random.Random(4)
    words = ["the", "cow", "and", "horse", "user", "ñandú"]
    texts = [" ".join(draw.choices(words, k=draw.randint(1, 7))) for _ in range(12)]
    pairs = [
        Pair(context=text if n % 2 else "", continuation=" the cow" if n % 2 else text) for n, text in enumerate(texts)
    ]
    for pair, found in zip(pairs, model.likelihood(pairs), strict=True):
        context = tokenizer.encode(pair.context) if pair.context else [0]
        scored = tokenizer.encode(pair.continuation)
        nats, greedy = nats_by_hand(weights, context, scored)
        assert math.isclose(found.log_likelihood, nats, abs_tol=1e-4)
        assert found.tokens == len(scored)
        assert found.greedy == greedy


def test_a_text_longer_than_the_model_is_scored_in_windows(
    model: LocalModel, tokenizer: FastTokenizer, weights: Any
) -> None:
    text = "the cow and the horse " * 30
    ids = tokenizer.encode(text)
    assert len(ids) > 2 * 64
    [found] = model.likelihood([Pair(context="", continuation=text)])
    whole = [0, *ids]
    nats = sum(
        nats_by_hand(weights, whole[first : first + 1], whole[first + 1 : first + 65])[0]
        for first in range(0, len(ids), 64)
    )
    assert math.isclose(found.log_likelihood, nats, rel_tol=1e-5)
    assert found.tokens == len(ids)


def test_no_continuation_is_certain(model: LocalModel) -> None:
    [found] = model.likelihood([Pair(context="the cow", continuation="")])
    assert (found.log_likelihood, found.tokens, found.greedy) == (0.0, 0, True)


def test_greedy_answers_are_the_likeliest_tokens_one_by_one(
    model: LocalModel, tokenizer: FastTokenizer, weights: Any
) -> None:
    import torch

    prompts = [Prompt(text=text, draw=n) for n, text in enumerate(["the", "a cow and the horse", "user"])]
    for prompt, answer in zip(prompts, model.complete(prompts, Sampling(max_tokens=8)), strict=True):
        ids = tokenizer.encode_markup(prompt.text)
        written: list[int] = []
        with torch.inference_mode():
            while len(written) < 8 and 2 not in written:
                written.append(int(weights(torch.tensor([ids + written])).logits[0, -1].argmax()))
        assert answer.text == tokenizer.decode([token for token in written if token != 2])
        assert answer.finish_reason == ("stop" if 2 in written else "length")


def test_a_draw_gives_the_same_answer_whoever_is_in_the_batch(model: LocalModel) -> None:
    sampling = Sampling(temperature=1.0, top_p=0.9, max_tokens=10)
    prompts = [Prompt(text="the cow", draw=draw) for draw in range(7)]
    together = list(model.complete(prompts, sampling))
    alone = [next(model.complete([prompt], sampling)) for prompt in prompts]
    assert together == alone
    assert len({answer.text for answer in together}) > 4


def test_a_stop_string_ends_an_answer_and_is_not_in_it(model: LocalModel) -> None:
    [whole] = model.complete([Prompt(text="the cow", draw=0)], Sampling(max_tokens=20))
    stop = whole.text[4:6]
    [cut] = model.complete([Prompt(text="the cow", draw=0)], Sampling(max_tokens=20, stop=(stop,)))
    assert cut.text == whole.text[: whole.text.index(stop)]
    assert cut.finish_reason == "stop"


def test_a_chat_is_shown_by_the_template_and_typed_control_tokens_stay_text(
    model: LocalModel, tokenizer: FastTokenizer
) -> None:
    [plain] = model.chat([asked("the cow")], Sampling(max_tokens=1))
    assert plain.prompt_tokens == len(
        tokenizer.encode_markup("<|im_start|>user\nthe cow<|im_end|>\n<|im_start|>assistant\n")
    )
    [typed] = model.chat([asked("the cow<|im_end|>")], Sampling(max_tokens=1))
    assert typed.prompt_tokens - plain.prompt_tokens > 5


def test_a_prompt_without_room_for_an_answer_says_why(model: LocalModel) -> None:
    short, long, last = model.chat([asked("a"), asked("the cow " * 60, 1), asked("b", 2)], Sampling(max_tokens=2))
    assert (long.finish_reason, long.text, long.draw) == ("error", "", 1)
    assert "holds 64" in long.why
    assert {short.finish_reason, last.finish_reason} <= {"length", "stop"}


def test_an_answer_ends_where_the_model_can_hold_no_more(model: LocalModel) -> None:
    [answer] = model.complete([Prompt(text="the cow and the horse", draw=0)], Sampling(max_tokens=500))
    assert answer.prompt_tokens + answer.completion_tokens <= 64


def test_a_schema_is_refused_with_the_name_of_who_can(model: LocalModel) -> None:
    with pytest.raises(ModelError, match="cannot keep to a JSON schema"):
        list(model.chat([asked("a")], Sampling(), {"type": "object"}))


def test_a_closed_model_does_not_answer(tiny: Path) -> None:
    closed = LocalModel(LocalSettings(backbone="tiny"), name="tiny", backbone=backbone_at(tiny))
    closed.close()
    with pytest.raises(ModelError, match="closed"):
        list(closed.likelihood([Pair(context="", continuation="a")]))


def test_another_precision_is_another_revision(tiny: Path) -> None:
    half = LocalModel(LocalSettings(backbone="tiny", dtype="bfloat16"), name="tiny", backbone=backbone_at(tiny))
    [found] = half.likelihood([Pair(context="", continuation="the cow")])
    half.close()
    assert half.ref.revision.endswith("-bfloat16")
    assert found.log_likelihood < 0


def test_a_tokenizer_encodes_plain_text_and_markup_apart(tokenizer: FastTokenizer) -> None:
    assert tokenizer.encode_markup("<|im_end|>") == [2]
    assert 2 not in tokenizer.encode("a <|im_end|> b")
    assert tokenizer.decode(tokenizer.encode("ñ <|im_end|> b")) == "ñ <|im_end|> b"
    assert (tokenizer.bos, tokenizer.eos, tokenizer.adds_bos) == (0, 2, False)
    assert tokenizer.vocabulary > 256
    assert len(tokenizer.digest) == 12


def test_a_folder_written_anew_is_the_same_model(tiny: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import torch

    folder = convert(backbone_at(tiny), tmp_path)
    assert folder == tmp_path / "model"
    ids = torch.tensor([[1, 5, 70, 9]])
    with torch.inference_mode():
        assert torch.equal(read_model(tiny, "float32")(ids).logits, read_model(folder, "float32")(ids).logits)
    assert load_tokenizer(str(folder)).digest == load_tokenizer(str(tiny)).digest
    again = LocalModel(LocalSettings(backbone="t"), name="t", backbone=backbone_at(folder))
    assert again.template is not None
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and str(tmp_path).encode() in path.read_bytes()]
    assert capfd.readouterr() == ("", "")


def test_a_folder_without_weights_is_bad_input(tiny: Path, tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((tiny / name).read_bytes())
    opened = LocalModel(LocalSettings(backbone="t"), name="t", backbone=backbone_at(tmp_path, instructed=False))
    with pytest.raises(BadInput, match="cannot read this model"):
        list(opened.likelihood([Pair(context="", continuation="a")]))

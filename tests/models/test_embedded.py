from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mintza.errors import BadInput, ModelError
from mintza.models.backbones import find
from mintza.models.journal import Journal
from mintza.models.journalled import Journalled
from mintza.models.providers.embedded import EmbeddedModel
from mintza.models.seam import ChatPrompt, Pair, Prompt, Sampling
from mintza.models.settings import EmbeddedExecution, EmbeddedSettings, GgufBackbone
from mintza.models.templates import pre_query
from mintza.records import Backbone, Message

EXECUTION = EmbeddedExecution(slots=4, context=256, threads=2)


def backbone_at(path: Path, template: str | None = None) -> Backbone:
    settings = GgufBackbone(path=str(path), license="Apache-2.0", instructed=True, template=template)
    return find(settings, name="smol", base=Path("/"))


def opened(backbone: Backbone) -> EmbeddedModel:
    pytest.importorskip("xllamacpp", reason="the embedded engine is not installed (pip install 'mintza[local]')")
    return EmbeddedModel(EmbeddedSettings(backbone="smol", execution=EXECUTION), name="smol", backbone=backbone)


@pytest.fixture(scope="module")
def model(smol: Path) -> Iterator[EmbeddedModel]:
    engine = opened(backbone_at(smol))
    yield engine
    engine.close()


def asked(text: str, draw: int = 0) -> ChatPrompt:
    return ChatPrompt(messages=(Message(role="user", content=text),), draw=draw)


def test_a_chat_is_answered_greedily_and_ends_by_itself(model: EmbeddedModel) -> None:
    [answer] = model.chat([asked("What is the capital of France? Say only its name.")], Sampling(max_tokens=24))
    assert "Paris" in answer.text
    assert answer.finish_reason == "stop"
    assert "<|im_end|>" not in answer.text
    # The template's own system text is counted: 14 words that the other side of the comparison also sees.
    assert answer.prompt_tokens > 30
    assert 0 < answer.completion_tokens < 24


def test_answers_come_in_the_order_of_the_requests_and_draws_differ(model: EmbeddedModel) -> None:
    assert model.template is not None
    query = pre_query(model.template, None)
    sampling = Sampling(temperature=1.0, max_tokens=12, stop=(query.stop,))
    answers = list(model.complete((Prompt(text=query.head, draw=draw) for draw in range(9)), sampling))
    assert [answer.draw for answer in answers] == list(range(9))
    assert len({answer.text for answer in answers}) > 6
    assert {answer.finish_reason for answer in answers} <= {"stop", "length"}


def test_a_finished_answer_under_a_schema_is_json_of_that_schema(model: EmbeddedModel) -> None:
    schema = {
        "type": "object",
        "properties": {"colours": {"type": "array", "items": {"type": "string", "maxLength": 12}, "maxItems": 2}},
        "required": ["colours"],
        "additionalProperties": False,
    }
    [answer] = model.chat([asked("Name two colours.")], Sampling(max_tokens=60), schema)
    assert answer.finish_reason == "stop"
    assert list(json.loads(answer.text)) == ["colours"]


def test_a_schema_that_the_engine_does_not_understand_is_an_error(model: EmbeddedModel) -> None:
    with pytest.raises(ModelError, match="does not understand"):
        list(model.chat([asked("Say only: yes.")], Sampling(max_tokens=60), {"type": "no such type"}))


def test_a_prompt_that_is_too_long_is_an_answer_with_its_reason(model: EmbeddedModel) -> None:
    long, short = model.chat([asked("word " * 400), asked("Hi", draw=1)], Sampling(max_tokens=4))
    assert (long.finish_reason, long.text) == ("error", "")
    assert "256" in long.why
    assert short.finish_reason == "length"


def test_a_control_token_that_somebody_typed_stays_text(model: EmbeddedModel) -> None:
    [plain] = model.chat([asked("a b")], Sampling(max_tokens=1))
    [typed] = model.chat([asked("a <|im_end|> b")], Sampling(max_tokens=1))
    assert typed.prompt_tokens - plain.prompt_tokens > 3


def test_a_stop_string_that_is_a_control_token_stops_and_is_not_in_the_text(model: EmbeddedModel) -> None:
    ask = Prompt(text="<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", draw=0)
    [answer] = model.complete([ask], Sampling(max_tokens=40, stop=("<|im_end|>",)))
    assert "<|" not in answer.text


def test_the_embedded_engine_gives_no_likelihoods_and_says_who_does(model: EmbeddedModel) -> None:
    with pytest.raises(ModelError, match="no likelihoods") as caught:
        model.likelihood([Pair(context="", continuation="a")])
    assert "provider: local" in str(caught.value)


def test_a_base_model_without_a_template_completes_and_does_not_chat(smol: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.gguf"
    bare.write_bytes(smol.read_bytes().replace(b"tokenizer.chat_template", b"tokenizer.chat_tmeplate"))
    backbone = find(GgufBackbone(path=str(bare), license="x", instructed=False), name="base", base=tmp_path)
    engine = opened(backbone)
    assert engine.template is None
    with pytest.raises(ModelError, match="no chat template"):
        list(engine.chat([asked("Hi")], Sampling()))
    [answer] = engine.complete([Prompt(text="Once upon a", draw=0)], Sampling(max_tokens=2))
    engine.close()
    assert answer.text.startswith(" time")


def test_a_journal_takes_answers_as_they_come(model: EmbeddedModel, tmp_path: Path) -> None:
    prompts = [asked("Count to twenty.", draw=0), *(asked(f"Say {n}.", draw=n) for n in range(1, 6))]
    first = list(Journalled(model, Journal(tmp_path, model.ref)).chat(prompts, Sampling(max_tokens=16)))
    journal = Journal(tmp_path, model.ref)
    assert len(journal) == 6
    assert list(Journalled(model, journal).chat(prompts, Sampling(max_tokens=16))) == first


def test_a_closed_model_does_not_answer(smol: Path) -> None:
    engine = opened(backbone_at(smol))
    engine.close()
    with pytest.raises(ModelError, match="closed"):
        list(engine.chat([asked("Hi")], Sampling()))


def test_a_folder_is_not_for_the_embedded_engine(tmp_path: Path) -> None:
    backbone = Backbone(name="b", kind="folder", location=str(tmp_path), revision="r", license="x", instructed=False)
    with pytest.raises(BadInput, match="GGUF"):
        opened(backbone)


def test_a_file_without_weights_is_a_model_error(smol: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.gguf"
    torn.write_bytes(smol.read_bytes()[:3_000_000])
    engine = opened(backbone_at(torn))
    with pytest.raises(ModelError, match="cannot load"):
        list(engine.chat([asked("Hi")], Sampling(max_tokens=2)))


RUN_AND_LEAVE = """
import sys
from pathlib import Path
from mintza.models.backbones import find
from mintza.models.providers.embedded import EmbeddedModel
from mintza.models.seam import Prompt, Sampling
from mintza.models.settings import EmbeddedExecution, EmbeddedSettings, GgufBackbone
backbone = find(GgufBackbone(path=sys.argv[1], license="x", instructed=True), name="b", base=Path("/"))
settings = EmbeddedSettings(backbone="b", execution=EmbeddedExecution(slots=2, context=64, threads=2))
model = EmbeddedModel(settings, name="b", backbone=backbone)
answers = model.complete((Prompt(text="a", draw=draw) for draw in range(1000)), Sampling(max_tokens=8))
next(answers)
"""


def test_a_program_that_ends_without_closing_ends_in_silence(smol: Path) -> None:
    pytest.importorskip("xllamacpp")
    done = subprocess.run(
        [sys.executable, "-c", RUN_AND_LEAVE, str(smol)],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

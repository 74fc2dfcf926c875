"""OpenAI's, Anthropic's and Google's own addresses: what the guide says to write in a study is what their fakes take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mintza.errors import ModelError
from mintza.models.providers.server import ServerModel
from mintza.models.schemas import out_of_fence, violation, without_tuples
from mintza.models.seam import ChatPrompt, Sampling
from mintza.models.settings import ServerSettings
from mintza.records import Message
from mintza.translate.asking import schema_of
from vendors import KEY, vendor

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "models.md"
SAMPLING = Sampling(temperature=0.7, top_p=0.9, max_tokens=50)
TURNS = {"messages": [{"role": "user", "content": "Kaixo"}, {"role": "assistant", "content": "Bai"}]}


def written(name: str) -> dict[str, Any]:
    """What the guide says to write for a vendor."""
    block = GUIDE.read_text(encoding="utf-8").split("<!-- vendors -->")[1].split("```")[1].removeprefix("yaml")
    models: dict[str, dict[str, Any]] = yaml.safe_load(block)["models"]
    return models[name]


def model(name: str, url: str, **changes: Any) -> ServerModel:
    plain = {**written(name), **changes}
    plain["execution"] = {**plain["execution"], "url": url, "patience_s": 0.0, "tries": 2, "concurrency": 1}
    return ServerModel(ServerSettings.model_validate(plain, strict=False), name=name, backbone=None)


def asked(*words: str) -> list[ChatPrompt]:
    told = Message(role="system", content="You translate.")
    return [ChatPrompt(messages=(told, Message(role="user", content=text)), draw=n) for n, text in enumerate(words)]


@pytest.mark.parametrize("name", ["openai", "anthropic", "google"])
def test_each_vendor_is_asked_as_the_guide_says_with_the_key_of_the_environment(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(written(name)["execution"]["key_env"], KEY)
    with vendor(name) as (url, got):
        answers = list(model(name, url).chat(asked("Kaixo", "Agur"), SAMPLING))
    assert [answer.text for answer in answers] == ["You asked: Kaixo", "You asked: Agur"]
    assert answers[0].completion_tokens == 7
    assert KEY not in json.dumps([str(answer) for answer in answers])
    assert len(got) == 2


@pytest.mark.parametrize("name", ["openai", "anthropic", "google"])
def test_each_vendor_gives_json_of_the_translators_schema(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(written(name)["execution"]["key_env"], KEY)
    with vendor(name) as (url, got):
        [answer] = model(name, url).chat(asked(json.dumps(TURNS)), SAMPLING, schema_of(("user", "assistant")))
    assert json.loads(answer.text) == TURNS
    assert len(got) == 1
    assert ("response_format" in got[0]) == (name != "anthropic")


@pytest.mark.parametrize("name", ["openai", "anthropic", "google"])
def test_a_wrong_key_ends_the_run_with_one_request_and_does_not_show_the_key(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(written(name)["execution"]["key_env"], "another-key")
    with vendor(name) as (url, got):
        with pytest.raises(ModelError, match="nobody is left") as caught:
            list(model(name, url).chat(asked("Kaixo", "Agur"), SAMPLING))
        assert len(got) == 1
    assert "right key" in str(caught.value)
    assert "another-key" not in str(caught.value)


def test_what_a_vendor_does_not_know_is_said_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    with vendor("google") as (url, _):
        [answer] = model("google", url, leaves_out=[]).chat(asked("Kaixo"), SAMPLING)
    assert answer.finish_reason == "error"
    assert "seed" in answer.why


def test_a_tuple_becomes_a_list_of_what_may_stand_in_it_and_the_rest_stays() -> None:
    loose = without_tuples(schema_of(("user", "assistant", "user")))
    listed = loose["properties"]["messages"]
    assert [one["properties"]["role"]["enum"] for one in listed["items"]["anyOf"]] == [["user"], ["assistant"]]
    assert (listed["minItems"], listed["maxItems"]) == (3, 3)
    assert without_tuples(schema_of(("user",)))["properties"]["messages"]["items"]["required"] == ["role", "content"]
    assert violation(json.dumps(TURNS), without_tuples(schema_of(("user", "assistant")))) == ""


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ('```json\n{"a": 1}\n```', '{"a": 1}'),
        ('\n```\n{"a": 1}```\n', '{"a": 1}'),
        ('{"a": "```x```"}', '{"a": "```x```"}'),
        ("Here: ```json\n{}\n```", "Here: ```json\n{}\n```"),
    ],
)
def test_json_that_is_the_whole_of_a_block_of_code_is_taken_out_of_it(said: str, meant: str) -> None:
    assert out_of_fence(said) == meant

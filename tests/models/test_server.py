from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from endpoint import endpoint
from mintza.errors import MissingPart, ModelError, StudyError
from mintza.models.open import open_model
from mintza.models.providers.server import ServerModel
from mintza.models.seam import ChatPrompt, Completion, Pair, Prompt, Sampling
from mintza.models.settings import EmbeddedSettings, ScriptedSettings, ServerExecution, ServerSettings
from mintza.records import Message

SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}


def model(*urls: str, **more: Any) -> ServerModel:
    """A model at these addresses. more: of the settings, or of their execution."""
    outer = {name: more.pop(name) for name in ("dialect", "leaves_out", "limit_field") if name in more}
    concurrency = more.pop("concurrency", 8)
    places = tuple({"url": url, "concurrency": concurrency} for url in urls)
    execution = ServerExecution.model_validate({"endpoints": places, "patience_s": 0.0, **more}, strict=False)
    return ServerModel(ServerSettings(model="m", execution=execution, **outer), name="served", backbone=None)


def asked(*words: str) -> list[ChatPrompt]:
    return [ChatPrompt(messages=(Message(role="user", content=text),), draw=n) for n, text in enumerate(words)]


def raw(count: int) -> list[Prompt]:
    return [Prompt(text=f"hill number {n}", draw=n) for n in range(count)]


def complete_once(answers: Iterable[Completion], count: int) -> list[Completion]:
    """The answers, after looking that each request has exactly one, in its place, and that it is its own."""
    listed = list(answers)
    assert [answer.draw for answer in listed] == list(range(count))
    assert all(answer.finish_reason == "error" or f"number {answer.draw}'" in answer.text for answer in listed)
    return listed


def test_answers_come_in_the_order_of_the_requests_each_with_its_own_seed(tmp_path: Path) -> None:
    with endpoint(tmp_path / "log", "--latency", "0.05") as server:
        answers = complete_once(model(server.url, concurrency=7).complete(raw(60), Sampling()), 60)
        assert len({line["seed"] for line in server.log}) == len(server.log) == 60
        assert server.most() == 7
    assert (answers[3].prompt_tokens, answers[3].completion_tokens) == (3, 8)


def test_all_that_bears_on_the_answer_is_sent_and_the_receipt_holds_what_came(tmp_path: Path) -> None:
    sampling = Sampling(temperature=0.5, top_p=0.9, max_tokens=7, stop=("\n",), logit_bias=((5, -100.0),))
    with endpoint(tmp_path / "log") as server:
        [answer] = model(server.url).complete([Prompt(text="Once", draw=4)], sampling)
        [line] = server.log
    assert line["body"] == {
        "prompt": "Once",
        "model": "m",
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 7,
        "seed": line["seed"],
        "stop": ["\n"],
        "logit_bias": {"5": -100.0},
    }
    assert answer.receipt is not None
    assert '"choices"' in answer.receipt.response
    assert answer.receipt.endpoint == server.url.split("/")[2]


@pytest.mark.parametrize(
    ("dialect", "field"),
    [("openai", "response_format"), ("llamacpp", "response_format"), ("vllm", "structured_outputs")],
)
def test_a_schema_is_sent_as_the_dialect_has_it(tmp_path: Path, dialect: str, field: str) -> None:
    with endpoint(tmp_path / "log") as server:
        list(model(server.url, dialect=dialect).chat(asked("a"), Sampling(logit_bias=((5, 1.0),)), SCHEMA))
        body = server.log[0]["body"]
    assert field in body
    assert body["logit_bias"] == ([[5, 1.0]] if dialect == "llamacpp" else {"5": 1.0})


def test_what_a_server_does_not_take_is_left_out(tmp_path: Path) -> None:
    with endpoint(tmp_path / "log") as server:
        chosen = model(server.url, leaves_out=("seed", "temperature"), limit_field="max_completion_tokens")
        list(chosen.chat(asked("a"), Sampling()))
        assert set(server.log[0]["body"]) == {"messages", "model", "top_p", "max_completion_tokens"}


@pytest.mark.parametrize("fault", ["500", "cut", "refuse", "html", "nochoices", "429", "hang"])
def test_a_fault_that_passes_costs_no_answer_and_doubles_none(tmp_path: Path, fault: str) -> None:
    # A time limit that a busy machine does not reach where nothing hangs.
    timeout_s = 4.0 if fault == "hang" else 60.0
    with endpoint(tmp_path / "log", "--latency", "0.01", "--fault", f"{fault}:0.1") as server:
        asking = model(server.url, concurrency=16, patience_s=60.0, timeout_s=timeout_s)
        complete_once(asking.complete(raw(100), Sampling()), 100)
        times = Counter(line["said"] for line in server.log)
        struck = {line["said"] for line in server.log if line["did"] == fault}
    assert struck
    assert all(number == (2 if said in struck else 1) for said, number in times.items())


@pytest.mark.parametrize(("fault", "names"), [("twice", "own"), ("late", "own"), ("late", "echo"), ("swap", "echo")])
def test_an_answer_that_comes_twice_or_to_another_request_is_taken_for_nobody_elses(
    tmp_path: Path, fault: str, names: str
) -> None:
    options = ("--latency", "0.03", "--fault", f"{fault}:0.2", "--names", names)
    with endpoint(tmp_path / "log", *options) as server:
        answers = complete_once(model(server.url, concurrency=8, patience_s=60.0).complete(raw(80), Sampling()), 80)
        assert len(server.log) >= 80
    assert all(answer.finish_reason == "stop" for answer in answers)


def test_a_server_that_calls_all_its_answers_the_same_is_believed(tmp_path: Path) -> None:
    with endpoint(tmp_path / "log", "--names", "one") as server:
        complete_once(model(server.url, concurrency=4).complete(raw(40), Sampling()), 40)
        assert len(server.log) == 40
    # The same words to all: the first pair looks like one answer that came twice, and is asked again on its own connection.
    with endpoint(tmp_path / "other", "--names", "one", "--fault", "empty:1", "--times", "9") as server:
        same = list(model(server.url, concurrency=1, patience_s=60.0).complete(raw(1) * 6, Sampling()))
        assert len(server.log) == 7
    assert [answer.finish_reason for answer in same] == ["stop"] * 6


def test_a_storm_of_429_narrows_the_stream_until_all_is_answered(tmp_path: Path) -> None:
    with endpoint(tmp_path / "log", "--latency", "0.02", "--limit", "4") as server:
        complete_once(model(server.url, concurrency=64, patience_s=60.0).complete(raw(300), Sampling()), 300)
        refused = sum(line["did"] == "429" for line in server.log)
    assert 0 < refused < 300


@pytest.mark.parametrize("after", ["1", "date"])
def test_retry_after_is_kept_to(tmp_path: Path, after: str) -> None:
    with endpoint(tmp_path / "log", "--fault", "429:1", "--retry-after", after) as server:
        complete_once(model(server.url, patience_s=60.0).complete(raw(1), Sampling()), 1)
        first, second = (line["at"] for line in server.log)
    assert second - first > (0.95 if after == "1" else 0.0)


def test_a_request_that_fails_for_ever_ends_alone_and_says_why(tmp_path: Path) -> None:
    with endpoint(tmp_path / "log", "--latency", "0.01", "--fault", "500:0.03", "--times", "99") as server:
        answers = complete_once(model(server.url, tries=2, patience_s=60.0).complete(raw(200), Sampling()), 200)
        struck = {line["said"] for line in server.log if line["did"] == "500"}
    failed = [answer for answer in answers if answer.finish_reason == "error"]
    assert len(failed) == len(struck) > 0
    assert all("status 500" in answer.why for answer in failed)


def test_an_answer_that_leaves_its_schema_is_asked_once_more_and_then_taken_as_it_is(tmp_path: Path) -> None:
    words = [f"hill number {n}" for n in range(20)]
    with endpoint(tmp_path / "log", "--fault", "schema:0.3") as server:
        first = list(model(server.url).chat(asked(*words), Sampling(), SCHEMA))
        assert 20 < len(server.log) < 40
    with endpoint(tmp_path / "other", "--fault", "schema:1", "--times", "9") as server:
        [second] = model(server.url, tries=5).chat(asked("a"), Sampling(), SCHEMA)
        assert len(server.log) == 2
    assert all("text" in json.loads(answer.text) for answer in first)
    assert (second.finish_reason, second.text) == ("stop", '{"wrong": 1}')
    assert second.receipt is not None


def test_what_concerns_one_request_alone_is_an_answer_with_its_reason(tmp_path: Path) -> None:
    with endpoint(tmp_path / "log", "--fault", "400:0.1", "--fault", "filtered:0.1", "--fault", "empty:0.1") as server:
        answers = list(model(server.url, concurrency=1).complete(raw(60), Sampling()))
        did = {line["said"]: line["did"] for line in server.log}
        assert len(server.log) == 60
    for answer in answers:
        fault = did[f"hill number {answer.draw}"]
        wanted = {"400": "status 400", "filtered": "content_filter"}.get(fault, "")
        assert (answer.finish_reason == "error") == bool(wanted)
        assert wanted in answer.why
        assert (answer.text == "") == bool(fault)


def test_a_wrong_key_is_said_at_once(tmp_path: Path) -> None:
    with endpoint(tmp_path / "log", "--fault", "401:1", "--times", "99") as server:
        with pytest.raises(ModelError, match="nobody is left") as caught:
            list(model(server.url, concurrency=1, patience_s=99.0).complete(raw(5), Sampling()))
        assert len(server.log) == 1
    assert "right key" in str(caught.value)


def test_a_server_that_refuses_everything_is_not_asked_a_million_times(tmp_path: Path) -> None:
    with endpoint(tmp_path / "log", "--fault", "400:1", "--times", "99") as server:
        with pytest.raises(ModelError, match="nobody is left"):
            list(model(server.url, concurrency=1).complete(raw(100), Sampling()))
        assert len(server.log) == 8


def test_an_endpoint_that_dies_is_given_up_and_the_others_go_on(tmp_path: Path) -> None:
    with (
        endpoint(tmp_path / "a", "--latency", "0.01", "--die", "40") as dies,
        endpoint(tmp_path / "b", "--latency", "0.01") as lives,
    ):
        asking = model(dies.url, lives.url, tries=2)
        complete_once(asking.complete(raw(300), Sampling()), 300)
        assert len(dies.log) == 40
        assert 260 <= len(lives.log) <= 268
        assert f"{dies.url.split('/')[2]} given up" in asking.pace()


def test_when_all_are_dead_the_run_stops_and_says_what_is_missing_and_how_to_go_on(tmp_path: Path) -> None:
    with endpoint(tmp_path / "a", "--die", "30") as one, endpoint(tmp_path / "b", "--die", "20") as other:
        got: list[Completion] = []
        answers = model(one.url, other.url, tries=2).complete(raw(300), Sampling())
        with pytest.raises(ModelError, match="nobody is left") as caught:
            got.extend(answers)
    message = str(caught.value)
    assert one.url.split("/")[2] in message
    assert other.url.split("/")[2] in message
    assert "run the same command again" in message
    assert 0 < len(got) <= 48


def test_load_is_shared_by_how_much_each_can_take(tmp_path: Path) -> None:
    with (
        endpoint(tmp_path / "a", "--latency", "0.01") as fast,
        endpoint(tmp_path / "b", "--latency", "0.5") as slow,
    ):
        complete_once(model(fast.url, slow.url, concurrency=4).complete(raw(80), Sampling()), 80)
        assert len(fast.log) > 2 * len(slow.log) > 0


def test_requests_are_read_no_faster_than_they_are_sent(tmp_path: Path) -> None:
    read = 0

    def endless() -> Iterable[Prompt]:
        nonlocal read
        while True:
            yield Prompt(text=f"hill number {read}", draw=read)
            read += 1

    with endpoint(tmp_path / "log", "--latency", "0.01") as server:
        answers = model(server.url, concurrency=4).complete_as_they_come(endless(), Sampling())
        for _ in range(50):
            next(answers)
        answers.close()  # type: ignore[attr-defined]
        assert read <= 53


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MINTZA_TEST_KEY", "abc")
    with endpoint(tmp_path / "log") as server:
        settings = ServerSettings(model="m", execution=ServerExecution(url=server.url, key_env="MINTZA_TEST_KEY"))
        [answer] = ServerModel(settings, name="served", backbone=None).chat(asked("a"), Sampling())
        assert server.log[0]["key"] == "Bearer abc"
    assert "abc" not in repr(answer)
    monkeypatch.delenv("MINTZA_TEST_KEY")
    with pytest.raises(MissingPart, match="MINTZA_TEST_KEY"):
        ServerModel(settings, name="served", backbone=None)


def test_a_server_gives_no_likelihoods() -> None:
    with pytest.raises(ModelError, match="likelihoods"):
        model("http://127.0.0.1:1/v1").likelihood([Pair(context="", continuation="a")])


def test_where_a_server_is_does_not_bear_on_the_result() -> None:
    here = ServerSettings(model="m", execution=ServerExecution(url="http://127.0.0.1:1/v1"))
    there = ServerSettings(model="m", execution=ServerExecution(url="http://127.0.0.1:2/v1", concurrency=99))
    assert here.bearing() == there.bearing()


@pytest.mark.parametrize("wrong", [{}, {"url": "http://a/v1", "endpoints": ({"url": "http://b/v1"},)}])
def test_addresses_are_given_in_one_way(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="either `url`"):
        ServerExecution.model_validate(wrong, strict=False)


def test_open_model_gives_each_provider_and_misses_a_backbone(tmp_path: Path) -> None:
    (tmp_path / "replies.yaml").write_text("rules: [{reply: a}]")
    scripted = open_model(ScriptedSettings(replies="replies.yaml"), name="s", backbone=None, base=tmp_path)
    assert scripted.ref.provider == "scripted"
    server = ServerSettings(model="m", execution=ServerExecution(url="http://127.0.0.1:1/v1"))
    assert open_model(server, name="s", backbone=None, base=tmp_path).ref.revision == "m@unknown"
    with pytest.raises(StudyError, match="'smol'"):
        open_model(EmbeddedSettings(backbone="smol"), name="s", backbone=None, base=tmp_path)

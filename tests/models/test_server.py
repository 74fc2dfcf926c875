from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mintza.errors import MissingPart, ModelError, StudyError
from mintza.models.open import open_model
from mintza.models.providers.server import ServerModel
from mintza.models.seam import ChatPrompt, Pair, Prompt, Sampling
from mintza.models.settings import EmbeddedSettings, ScriptedSettings, ServerExecution, ServerSettings
from mintza.records import Message

Reply = tuple[int, object]


class FakeServer(ThreadingHTTPServer):
    """Speaks HTTP on the loopback and replies to each request as a function of it and of how many came before."""

    daemon_threads = True

    def __init__(self, reply: Callable[[dict[str, Any], int], Reply]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.reply = reply
        self.seen: list[dict[str, Any]] = []
        self.lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, FakeServer)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with server.lock:
            before = len(server.seen)
            server.seen.append({**body, "path": self.path, "key": self.headers.get("Authorization")})
        status, content = server.reply(body, before)
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(reply: Callable[[dict[str, Any], int], Reply]) -> Iterator[FakeServer]:
    server = FakeServer(reply)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def asking(server: FakeServer, **execution: Any) -> ServerModel:
    url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    settings = ServerSettings(model="m", execution=ServerExecution(url=url, **execution))
    return ServerModel(settings, name="served", backbone=None)


def chat_reply(text: str | None, finish: str = "stop") -> object:
    usage = {"prompt_tokens": 3, "completion_tokens": 2}
    return {"choices": [{"message": {"content": text}, "finish_reason": finish}], "usage": usage}


def asked(*words: str) -> list[ChatPrompt]:
    return [ChatPrompt(messages=(Message(role="user", content=text),), draw=n) for n, text in enumerate(words)]


def echo(body: dict[str, Any], before: int) -> Reply:
    return 200, chat_reply(body["messages"][-1]["content"].upper())


def test_answers_come_in_the_order_of_the_requests() -> None:
    words = [f"word {n}" for n in range(30)]
    with serving(echo) as server:
        answers = list(asking(server, concurrency=7).chat(asked(*words), Sampling()))
    assert [answer.text for answer in answers] == [text.upper() for text in words]
    assert (answers[0].prompt_tokens, answers[0].completion_tokens) == (3, 2)
    assert len({body["seed"] for body in server.seen}) == 30


def test_raw_text_is_sent_as_it_is_with_all_that_bears_on_the_answer() -> None:
    with serving(lambda body, before: (200, {"choices": [{"text": " time", "finish_reason": "length"}]})) as server:
        sampling = Sampling(temperature=0.5, top_p=0.9, max_tokens=7, stop=("\n",))
        [answer] = asking(server).complete([Prompt(text="Once", draw=4)], sampling)
    [body] = server.seen
    assert (body["path"], body["prompt"], body["model"]) == ("/v1/completions", "Once", "m")
    assert (body["temperature"], body["top_p"], body["max_tokens"], body["stop"]) == (0.5, 0.9, 7, ["\n"])
    assert (answer.text, answer.finish_reason, answer.draw) == (" time", "length", 4)


def test_a_schema_goes_to_the_servers_chat() -> None:
    with serving(lambda body, before: (200, chat_reply("{}"))) as server:
        list(asking(server).chat(asked("a"), Sampling(), {"type": "object"}))
    assert server.seen[0]["response_format"]["json_schema"]["schema"] == {"type": "object"}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(status: int) -> None:
    with serving(lambda body, before: (status, {}) if before == 0 else echo(body, before)) as server:
        [answer] = asking(server).chat(asked("a"), Sampling())
    assert answer.text == "A"
    assert len(server.seen) == 2


def test_a_server_that_stays_down_is_an_error_that_says_where() -> None:
    with (
        serving(lambda body, before: (503, {"error": "loading"})) as server,
        pytest.raises(ModelError, match="no answer in 2 tries") as caught,
    ):
        list(asking(server, tries=2).chat(asked("a"), Sampling()))
    assert "503" in str(caught.value)
    assert "/v1/chat/completions" in str(caught.value)


def test_a_refusal_is_not_asked_again() -> None:
    with (
        serving(lambda body, before: (401, {"error": "no"})) as server,
        pytest.raises(ModelError, match="401") as caught,
    ):
        list(asking(server).chat(asked("a"), Sampling()))
    assert "right key" in str(caught.value)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ((400, {"error": {"code": "context_length_exceeded"}}), "too long"),
        ((200, chat_reply("...", "content_filter")), "content_filter"),
        ((200, chat_reply(None, "tool_calls")), "tool_calls"),
    ],
)
def test_what_concerns_one_request_alone_is_an_answer_with_its_reason(reply: Reply, why: str) -> None:
    with serving(lambda body, before: reply if body["messages"][0]["content"] == "b" else echo(body, before)) as server:
        first, second, third = asking(server).chat(asked("a", "b", "c"), Sampling())
    assert (first.text, third.text) == ("A", "C")
    assert (second.finish_reason, second.text) == ("error", "")
    assert why in second.why


def test_an_answer_of_another_shape_is_an_error() -> None:
    with serving(lambda body, before: (200, {"hello": 1})) as server, pytest.raises(ModelError, match="hello"):
        list(asking(server).chat(asked("a"), Sampling()))


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINTZA_TEST_KEY", "abc")
    with serving(echo) as server:
        list(asking(server, key_env="MINTZA_TEST_KEY").chat(asked("a"), Sampling()))
        assert server.seen[0]["key"] == "Bearer abc"
        monkeypatch.delenv("MINTZA_TEST_KEY")
        with pytest.raises(MissingPart, match="MINTZA_TEST_KEY"):
            asking(server, key_env="MINTZA_TEST_KEY")


def test_a_reader_that_stops_early_leaves_the_rest_unasked() -> None:
    with serving(echo) as server:
        answers = asking(server, concurrency=2).chat(iter(asked(*"abcdefghij")), Sampling())
        next(answers)
        answers.close()  # type: ignore[attr-defined]
    assert len(server.seen) <= 4


def test_a_server_gives_no_likelihoods() -> None:
    with serving(echo) as server, pytest.raises(ModelError, match="likelihoods"):
        asking(server).likelihood([Pair(context="", continuation="a")])


def test_where_a_server_is_does_not_bear_on_the_result() -> None:
    here = ServerSettings(model="m", execution=ServerExecution(url="http://127.0.0.1:1/v1"))
    there = ServerSettings(model="m", execution=ServerExecution(url="http://127.0.0.1:2/v1", concurrency=99))
    assert here.bearing() == there.bearing()


def test_open_model_gives_each_provider_and_misses_a_backbone(tmp_path: Path) -> None:
    (tmp_path / "replies.yaml").write_text("rules: [{reply: a}]")
    scripted = open_model(ScriptedSettings(replies="replies.yaml"), name="s", backbone=None, base=tmp_path)
    assert scripted.ref.provider == "scripted"
    server = ServerSettings(model="m", execution=ServerExecution(url="http://127.0.0.1:1/v1"))
    assert open_model(server, name="s", backbone=None, base=tmp_path).ref.revision == "m@unknown"
    with pytest.raises(StudyError, match="'smol'"):
        open_model(EmbeddedSettings(backbone="smol"), name="s", backbone=None, base=tmp_path)

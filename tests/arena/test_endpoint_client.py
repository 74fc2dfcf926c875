"""Endpoints that are slow, fail, hang and lie: each is told by a code, within its time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from arena.model_endpoint import Behaviour, ModelEndpoints, event, hangs, says, sends
from mintza.arena.endpoints.client import Asked, EndpointFailed, HttpEndpoint
from mintza.arena.settings import ArenaModel, Endpoint, Timeouts
from mintza.errors import MissingPart

ASKED = Asked("Be kind.", 0.5, 0.9, 20)
LINE = event("x" * 300)
BAD: dict[str, tuple[Behaviour, str]] = {
    "refuses": (sends(500), "http_500"),
    "throttles": (sends(429, b"later"), "http_429"),
    "html": (sends(b"<html>Sign in</html>"), "not_a_stream"),
    "error": (sends(b'data: {"error": {"message": "overloaded"}}\n\n'), "error_in_stream"),
    "late_error": (sends(event("half"), b'data: {"error": "x"}\n\n'), "error_in_stream"),
    "not_json": (sends(b"data: {\n\n"), "not_a_stream"),
    "other_shape": (sends(b'data: {"choices": [{"delta": {"content": 7}}]}\n\n'), "not_a_stream"),
    "choices": (sends(b'data: {"choices": {"a": 1}}\n\n'), "not_a_stream"),
    "unfinished": (says("half an answer", finish=None), "unfinished"),
    "done_only": (sends(event("half"), b"data: [DONE]\n\n"), "unfinished"),
    "endless_line": (sends(b"data: " + b"x" * 1_100_000), "not_a_stream"),
    "endless": (sends(*[LINE] * 50), "too_long"),
    "hangs": (hangs, "slow_first"),
    "stalls": (says("a b c", pause_s=30), "stalled"),
    "drips": (says("a " * 80, pause_s=0.1), "too_slow"),
}


SHORT = {"hangs": {"first": 0.4}, "stalls": {"stall": 0.4}, "drips": {"total": 1.2}}


@pytest.fixture(scope="module")
def endpoints() -> Iterator[ModelEndpoints]:
    made = ModelEndpoints({name: behaviour for name, (behaviour, _) in BAD.items()} | {"good": says("Kaixo, *lagun*!")})
    yield made
    made.close()


def ask(endpoints: ModelEndpoints, model: str) -> tuple[str, str]:
    # Only the time that a test is about is short: a busy machine may take long over all others.
    timeouts = Timeouts(**({"first": 60, "stall": 60, "total": 60} | SHORT.get(model, {})))
    settings = ArenaModel(model=model, execution=Endpoint(url=endpoints.url, timeouts=timeouts))

    async def whole() -> tuple[str, str]:
        endpoint, pieces = HttpEndpoint(model, settings), list[str]()
        try:
            finish = await endpoint.answer([{"role": "user", "content": "Kaixo"}], ASKED, pieces.append)
        finally:
            await endpoint.close()
        return "".join(pieces), finish

    return asyncio.run(whole())


def test_a_good_endpoint_is_heard_to_its_end_and_asked_as_the_settings_say(endpoints: ModelEndpoints) -> None:
    assert ask(endpoints, "good") == ("Kaixo, *lagun*! ", "stop")
    body = endpoints.asked[-1]
    assert body["messages"][0] == {"role": "system", "content": "Be kind."}
    assert (body["temperature"], body["top_p"], body["max_tokens"], body["stream"]) == (0.5, 0.9, 20, True)


@pytest.mark.parametrize("model", BAD)
def test_a_bad_endpoint_is_told_by_its_code(endpoints: ModelEndpoints, model: str) -> None:
    with pytest.raises(EndpointFailed) as failed:
        ask(endpoints, model)
    assert failed.value.why == BAD[model][1]


def test_half_of_a_surrogate_pair_is_no_reason_to_fail(endpoints: ModelEndpoints) -> None:
    half = rb'data: {"choices": [{"delta": {"content": "bai \ud83d"}}], "usage": null}'
    endpoints.behaviours["halves"] = sends(half + b"\n\n", event(None, "stop"))
    assert ask(endpoints, "halves") == ("bai ?", "stop")


def test_connections_are_kept_for_the_next_answer(endpoints: ModelEndpoints) -> None:
    """A whole answer gives its connection back; twenty are asked one after another."""

    async def all_of_them() -> list[str]:
        settings = ArenaModel(model="good", execution=Endpoint(url=endpoints.url, connections=1))
        endpoint, texts = HttpEndpoint("good", settings), []
        for _ in range(20):
            pieces = list[str]()
            await endpoint.answer([], ASKED, pieces.append)
            texts.append("".join(pieces))
        await endpoint.close()
        return texts

    assert asyncio.run(all_of_them()) == ["Kaixo, *lagun*! "] * 20


def test_nobody_at_the_address_is_unreachable() -> None:
    gone = ModelEndpoints({})
    gone.close()
    with pytest.raises(EndpointFailed) as failed:
        ask(gone, "any")
    assert failed.value.why == "unreachable"


def test_a_key_that_is_not_set_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINTZA_TEST_KEY", raising=False)
    settings = ArenaModel(model="m", execution=Endpoint(url="http://127.0.0.1:1/v1", key_env="MINTZA_TEST_KEY"))
    with pytest.raises(MissingPart, match="m1"):
        HttpEndpoint("m1", settings)

"""Schemathesis over the OpenAPI schema: whatever is sent, the arena answers as its schema says, and never with an error of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from arena.conftest import FAST
from arena.model_endpoint import ModelEndpoints
from arena.served import Served, Visitor, settings_of
from mintza.arena.pages.routes import ROUTES

EXAMPLES = 12
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
OPERATIONS = [f"{route.method} {route.path}" for route in ROUTES if route.api]


@dataclass
class Door:
    """An arena, its schema, somebody's cookies and form token, and tokens of battles: judged, to be judged, of somebody else, none."""

    served: Served
    schema: Any
    session: requests.Session
    csrf: str
    tokens: list[str]


@pytest.fixture(scope="module")
def door(endpoints: ModelEndpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The door that is knocked at."""
    limits = {"turns_session": 10_000, "turns_address": 10_000, "live_battles": 1000}
    served = Served(
        settings_of(endpoints, {"latxa": "good", "llama": "other"}, battle=FAST, limits=limits),
        tmp_path_factory.mktemp("arena"),
    )
    visitor, stranger = Visitor(served).guest(), Visitor(served).guest()
    tokens = [visitor.begin(), visitor.begin(), stranger.begin()]
    for token in tokens[:2]:
        visitor.answered(token)
    assert visitor.vote(tokens[0]).status_code == 200
    schema = schemathesis.openapi.from_dict(visitor.get("/openapi.json").json())
    schema.validate()
    with requests.Session() as session:
        session.trust_env = False
        session.cookies.update({cookie.name: cookie.value or "" for cookie in visitor.http.cookies.jar})
        yield Door(served, schema, session, visitor.csrf("/"), [*tokens, "none", "x.1.y"])
    served.close()


def test_the_schema_names_every_address_that_programs_talk_to(door: Door) -> None:
    told = {f"{operation.ok().method.upper()} {operation.ok().path}" for operation in door.schema.get_all_operations()}
    assert told == {*OPERATIONS}


@pytest.mark.parametrize("mode", [*GenerationMode], ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_whatever_is_sent_is_answered_as_the_schema_says(door: Door, operation: str, mode: GenerationMode) -> None:
    method, path = operation.split(" ")

    # The same examples every time, none kept: it passes or fails for good.
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(case=door.schema[path][method].as_strategy(mode), token=st.sampled_from([*door.tokens, None]))
    def send(case: schemathesis.Case[Any], token: str | None) -> None:
        if token is not None and "token" in case.path_parameters:
            case.path_parameters["token"] = token
        reply = case.call(
            base_url=door.served.address,
            session=door.session,
            headers={"x-csrf-token": door.csrf},
            timeout=60,
        )
        case.validate_response(reply, checks=CHECKS)

    send()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_nobody_gets_past_without_a_session_whatever_is_sent(door: Door, operation: str) -> None:
    method, path = operation.split(" ")
    address = path.replace("{token}", door.tokens[1]).replace("{number}", "1")
    reply = Visitor(door.served).http.request(method, address, json={"prompt": "Kaixo", "key": "12345678"})
    assert reply.status_code in (401, 403)
    assert set(reply.json()) == {"error", "message"}

"""The one file that knows FastAPI and uvicorn: routes of the arena as an application, requests as visits, answers as responses."""

from __future__ import annotations

import gc
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from mintza.arena.accounts.limits import client_address
from mintza.arena.accounts.sealing import new_token
from mintza.arena.pages.messages import message
from mintza.arena.pages.rendering import refusal
from mintza.arena.pages.routes import ROUTES
from mintza.arena.refusals import Refused
from mintza.arena.visit import EVENTS, JSON, Answer, Route, Visit, as_json, redirect
from mintza.arena.visiting import admit, who
from mintza.arena.words import chosen, words
from mintza.web.listening import address, listener, run
from mintza.web.rules import HEADERS, NO_TELEMETRY

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response

    from mintza.arena.app import Arena

log = logging.getLogger("mintza.arena")
LARGEST_BODY = 512 * 1024
YEAR_S = 365 * 24 * 3600
MONTH_S = 30 * 24 * 3600
SWITCH_S = 0.0005
YOUNG = 20_000


def application(arena: Arena) -> FastAPI:
    """The arena as an ASGI application; it opens and closes with the server."""
    from fastapi import FastAPI

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await arena.start()
        try:
            yield
        finally:
            await arena.close()

    app = FastAPI(title=arena.title, lifespan=lifespan, docs_url=None, redoc_url=None, telemetry=NO_TELEMETRY)
    for route in ROUTES:
        _add(app, arena, route)
    app.add_exception_handler(404, _handler(arena, "not_found", 404))
    app.add_exception_handler(405, _handler(arena, "not_found", 405))
    return app


def serve(arena: Arena, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until it is told to stop; `ready` is told the address when it listens. Port 0 takes any that is free.

    Raises BadInput for an address that is taken.
    """
    listening = listener(host, port)

    # A thread of the database asks for the interpreter after each message to PostgreSQL, and by Python's own 5 ms would wait for each of
    # them until the thread that streams has had its 5 ms: beginning a battle took seconds while 500 streamed.
    sys.setswitchinterval(SWITCH_S)
    app = application(arena)
    # What has been loaded stays: to look through it for garbage again and again stops everything for a tenth of a second each time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
    run(app, listening, lambda: ready(address(host, listening)), patience_s=5)


def _add(app: FastAPI, arena: Arena, route: Route) -> None:
    from fastapi import Request
    from fastapi.responses import Response

    async def endpoint(request: Request) -> Response:
        return await _answered(arena, route, request)

    # FastAPI reads annotations by name, and these names are known in this function alone.
    endpoint.__annotations__ = {"request": Request, "return": Response}
    extra: dict[str, Any] = {}
    if route.form is not None:
        extra["requestBody"] = {"required": True, "content": {"application/json": {"schema": dict(route.form)}}}
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    if names:
        extra["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": _NUMBER if name == "number" else _TOKEN}
            for name in names
        ]
    app.add_api_route(
        route.path,
        endpoint,
        methods=[route.method],
        summary=route.does,
        operation_id=f"{route.method.lower()}{route.path}",
        include_in_schema=route.api,
        response_class=Response,
        status_code=route.status[0],
        responses=_responses(route) if route.api else None,
        openapi_extra=extra,
    )


def _responses(route: Route) -> dict[int | str, dict[str, Any]]:
    """What a program is told: what the route gives, or an error with its code."""
    kind = EVENTS if route.gives is None else JSON
    schema = _EVENT if route.gives is None else dict(route.gives)
    return {status: {"description": "Done", "content": {kind: {"schema": schema}}} for status in route.status} | _NO


_EVENT = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "event": {"enum": ["piece", "reset", "failure", "over"]},
        "data": {"type": "string"},
        "id": {"type": "string"},
    },
}
_TOKEN = {"type": "string", "minLength": 1}
_NUMBER = {"type": "integer", "minimum": 1, "maximum": 1000}
_ERROR = {
    "type": "object",
    "required": ["error", "message"],
    "properties": {"error": {"type": "string"}, "message": {"type": "string"}},
}
_NO: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {JSON: {"schema": _ERROR}}}
    for status, text in {
        400: "Not understood",
        401: "Nobody is logged in",
        403: "Not allowed",
        404: "Not there",
        409: "Does not fit what is there already",
        410: "Past",
        413: "Too large",
        422: "Not whole",
        429: "Too often",
        503: "Nothing can be kept at the moment",
    }.items()
}


def _handler(arena: Arena, code: str, status: int) -> Any:
    async def handle(request: Request, _: Exception) -> Response:
        visit = _visit(arena, request, {})
        api = request.url.path.startswith("/api/")
        return _response(arena, _refused(arena, visit, Refused(code, status), api=api), visit)

    return handle


async def _answered(arena: Arena, route: Route, request: Request) -> Response:
    visit = _visit(arena, request, {})
    try:
        arena.doors.requests.take(visit.address)
        session = request.cookies.get(_cookie(arena, "session"), "")
        visit = _visit(arena, request, await _form(request, route), *await who(arena, session))
        if (asked := visit.query.get("lang")) in arena.settings.interface and request.method == "GET" and not route.api:
            return _response(arena, redirect(visit.path, words=asked), visit)
        admit(arena, route, visit)
        answer = await route.handler(arena, visit)
    except Refused as refused:
        answer = _refused(arena, visit, refused, api=route.api)
    except Exception:
        log.exception("%s %s", route.method, route.path)
        answer = _refused(arena, visit, Refused("server_error", 500), api=route.api)
    return _response(arena, answer, visit)


def _refused(arena: Arena, visit: Visit, refused: Refused, *, api: bool) -> Answer:
    if api:
        answer = as_json({"error": refused.code, "message": visit.words(message(refused.code))}, refused.status)
    elif refused.code in _ELSEWHERE and visit.method == "GET":
        answer = redirect(_ELSEWHERE[refused.code])
    else:
        answer = refusal(arena, visit, refused.code, refused.status)
    if refused.retry_after_s is None:
        return answer
    later = {**answer.headers, "Retry-After": str(refused.retry_after_s)}
    return Answer(answer.body, answer.status, answer.kind, later, answer.cookies)


_ELSEWHERE = {"not_logged_in": "/login", "consent_needed": "/consent", "qualification_needed": "/qualification"}


def _visit(arena: Arena, request: Request, form: Mapping[str, Any], person: Any = None, session: str = "") -> Visit:
    visitor = request.cookies.get(_cookie(arena, "visitor"), "")
    if not 20 <= len(visitor) <= 64:
        visitor = new_token()
    peer = request.client.host if request.client else ""
    asked = request.cookies.get(_cookie(arena, "words"))
    return Visit(
        method=request.method,
        path=request.url.path,
        params=request.path_params,
        query=dict(request.query_params),
        form=form,
        headers=request.headers,
        address=client_address(peer, request.headers.get("x-forwarded-for", ""), arena.doors.trusted),
        words=words(chosen(arena.settings.interface, asked, request.headers.get("accept-language", ""))),
        person=person,
        session=session,
        visitor=visitor,
        csrf=arena.signer.sign("csrf", session or visitor),
    )


async def _form(request: Request, route: Route) -> dict[str, Any]:
    """The body as fields. Raises Refused for one that is too large, or none."""
    if request.method != "POST":
        return {}
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Refused("too_large", 413)
    try:
        if not route.api:
            return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=50, errors="strict"))
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise Refused("bad_form", 400) from None
    if not isinstance(value, dict) or not _encodable(value):
        raise Refused("bad_form", 422)
    return value


def _encodable(value: dict[str, Any]) -> bool:
    """Whether all text in it can be stored: JSON can hold halves of surrogate pairs."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _cookie(arena: Arena, name: str) -> str:
    """A cookie's name: with the prefix that ties it to this host and to https, where there is https."""
    return f"__Host-mintza_{name}" if arena.settings.execution.secure else f"mintza_{name}"


def _response(arena: Arena, answer: Answer, visit: Visit) -> Response:
    from fastapi.responses import Response, StreamingResponse

    headers = {"Cache-Control": "no-store", "Content-Language": visit.words.tag, **HEADERS, **answer.headers}
    secure = arena.settings.execution.secure
    if secure:
        headers["Strict-Transport-Security"] = f"max-age={YEAR_S}"
    made: Response
    if answer.stream is not None:
        headers |= {"X-Accel-Buffering": "no", "Cache-Control": "no-store, no-transform"}
        made = StreamingResponse(answer.stream, answer.status, headers, media_type=EVENTS)
    else:
        made = Response(answer.body, answer.status, headers, media_type=answer.kind)
    for name, value in answer.cookies.items():
        if value is None:
            made.delete_cookie(_cookie(arena, name), path="/", secure=secure, httponly=True, samesite="lax")
        else:
            made.set_cookie(
                _cookie(arena, name),
                value,
                max_age=None if name == "visitor" else MONTH_S if name == "session" else YEAR_S,
                path="/",
                secure=secure,
                httponly=True,
                samesite="lax",
            )
    return made

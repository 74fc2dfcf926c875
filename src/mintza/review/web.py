"""The one file that knows FastAPI and uvicorn: addresses, cookies, the key at the door, forged forms."""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from mintza.errors import BadInput, StoreError
from mintza.review.pages import NAME, ROUTES, Handler, page, statics
from mintza.review.visit import INTERFACE, Answer, Refused, Room, Visit, new_token, redirect, words_in, worn
from mintza.review.wording import BAD_FORM, FORGED, NOT_SAVED, NOT_THERE, WRONG_HOST
from mintza.web.listening import address, listener, run
from mintza.web.rules import HEADERS, NO_TELEMETRY, of_another_site
from mintza.web.words import chosen

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response

log = logging.getLogger("mintza.review")
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
LARGEST_BODY = 2 * 1024 * 1024
YEAR_S = 365 * 24 * 3600
COOKIE = "mintza_review_"
IMMUTABLE = "public, max-age=31536000, immutable"


def application(room: Room) -> FastAPI:
    """The review as an ASGI application."""
    from fastapi import FastAPI

    app = FastAPI(title=room.title, docs_url=None, redoc_url=None, openapi_url=None, telemetry=NO_TELEMETRY)
    for method, path, handler, named in ROUTES:
        _add(app, room, method, path, handler, named=named)
    _add(app, room, "GET", "/static/{name}", _static, named=False)
    app.add_exception_handler(404, _not_there(room))
    app.add_exception_handler(405, _not_there(room))
    return app


def serve(room: Room, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until stopped; `ready` is told the address when it listens. Port 0 takes any that is free.

    Raises BadInput for an address beyond the loopback without a key, or one that is taken.
    """
    if host not in LOOPBACK and not room.key:
        raise BadInput(
            f"{host} can be reached by others, and there is no key",
            remedy="give --key-file FILE or set MINTZA_REVIEW_KEY; or leave --host out",
        )
    listening = listener(host, port)
    run(application(room), listening, lambda: ready(address(host, listening)), patience_s=3)


def _add(app: FastAPI, room: Room, method: str, path: str, handler: Handler, *, named: bool) -> None:
    from fastapi import Request
    from fastapi.responses import Response

    async def endpoint(request: Request) -> Response:
        from fastapi.concurrency import run_in_threadpool

        try:
            form = await _form(request)
        except Refused as refused:
            visit = _visit(room, request, {})
            return _response(page(room, visit, "refusal", refused.status, message=visit.words(str(refused))), visit)
        visit = _visit(room, request, form)
        return _response(await run_in_threadpool(_answered, room, handler, visit, named), visit)

    # FastAPI reads annotations by name, and these names are known in this function alone.
    endpoint.__annotations__ = {"request": Request, "return": Response}
    app.add_api_route(path, endpoint, methods=[method], response_class=Response)


def _answered(room: Room, handler: Handler, visit: Visit, named: bool) -> Answer:
    try:
        return _admitted(room, handler, visit, named=named)
    except Refused as refused:
        status, message = refused.status, refused.message
    except StoreError as error:
        # A disk that is full needs no traceback.
        log.error("%s", error)  # noqa: TRY400
        status, message = 503, NOT_SAVED
    return page(room, visit, "refusal", status, message=visit.words(message))


def _admitted(room: Room, handler: Handler, visit: Visit, *, named: bool) -> Answer:
    """Raises Refused when the request is forged, or comes to a name that is not ours."""
    host = re.sub(r":\d+$", "", visit.headers.get("host", "")).strip("[]")
    if room.hosts is not None and host not in room.hosts:
        # Else a page of anywhere, by a name that it resolves to this machine, could read what is here.
        raise Refused(WRONG_HOST, 421)
    if visit.method == "POST":
        given = visit.form.get("csrf", "")
        if not hmac.compare_digest(given.encode(), visit.csrf.encode()) or of_another_site(visit.headers):
            raise Refused(FORGED, 403)
    if handler is _static:
        return handler(room, visit)
    if not visit.keyed and visit.path != "/key":
        return page(room, visit, "key", 200 if visit.method == "GET" else 403, problem=None)
    if visit.method == "GET" and (asked := visit.query.get("lang")) in INTERFACE:
        return redirect(visit.path, words=asked)
    if named and visit.reviewer is None:
        return redirect("/")
    return handler(room, visit)


def _static(room: Room, visit: Visit) -> Answer:
    found = statics().get(visit.path.removeprefix("/static/"))
    if found is None:
        raise Refused(NOT_THERE, 404)
    return Answer(found.content, kind=found.kind, headers={"Cache-Control": IMMUTABLE})


def _not_there(room: Room) -> Any:
    async def handle(request: Request, _: Exception) -> Response:
        visit = _visit(room, request, {})
        return _response(page(room, visit, "refusal", 404, message=visit.words(NOT_THERE)), visit)

    return handle


def _visit(room: Room, request: Request, form: dict[str, str]) -> Visit:
    cookies = {name.removeprefix(COOKIE): value for name, value in request.cookies.items() if name.startswith(COOKIE)}
    csrf = cookies.get("form", "")
    keyed = room.key is None or hmac.compare_digest(cookies.get("key", "").encode(), worn(room.key).encode())
    reviewer = _decoded(cookies.get("reviewer", ""))
    return Visit(
        method=request.method,
        path=request.url.path,
        query=dict(request.query_params),
        form=form,
        headers=request.headers,
        words=words_in(chosen(INTERFACE, cookies.get("words"), request.headers.get("accept-language", ""))),
        csrf=csrf if 20 <= len(csrf) <= 64 else new_token(),
        keyed=keyed,
        reviewer=reviewer if keyed and NAME.fullmatch(reviewer) else None,
    )


async def _form(request: Request) -> dict[str, str]:
    """The body as fields. Raises Refused for one that is too large, or none."""
    if request.method != "POST":
        return {}
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Refused(BAD_FORM, 413)
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=500, errors="strict"))
    except ValueError:
        raise Refused(BAD_FORM, 400) from None


def _encoded(name: str) -> str:
    """A name as a cookie can carry it."""
    return name.encode().hex()


def _decoded(value: str) -> str:
    try:
        return bytes.fromhex(value).decode()
    except ValueError:
        return ""


def _response(answer: Answer, visit: Visit) -> Response:
    from fastapi.responses import Response

    headers = {"Cache-Control": "no-store", "Content-Language": visit.words.tag, **HEADERS, **answer.headers}
    made = Response(answer.body, answer.status, headers, media_type=answer.kind)
    cookies: dict[str, str | None] = {"form": visit.csrf, **answer.cookies}
    for name, value in cookies.items():
        if value is None:
            made.delete_cookie(f"{COOKIE}{name}", path="/", httponly=True, samesite="lax")
            continue
        kept = _encoded(value) if name == "reviewer" else value
        made.set_cookie(f"{COOKIE}{name}", kept, max_age=YEAR_S, path="/", httponly=True, samesite="lax")
    return made

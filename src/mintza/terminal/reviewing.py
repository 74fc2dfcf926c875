"""review: what is laid before the reviewers, where the page is, and what the study must say to take the reviews in."""

from __future__ import annotations

import os
import time
from pathlib import Path

from rich.console import Console

from mintza.errors import BadInput, MissingPart, StudyError
from mintza.pipeline.plan import Plan
from mintza.pipeline.reviewing import lay_out, reviews_file
from mintza.pipeline.run import states
from mintza.progress import silent
from mintza.review.book import Book
from mintza.review.desk import Desk
from mintza.review.settings import ReviewSettings
from mintza.review.visit import Room
from mintza.review.web import LOOPBACK, serve
from mintza.store import Store
from mintza.study.schema import TranslatedComponent
from mintza.terminal.verbs import planned

console = Console(highlight=False)
KEY_VARIABLE = "MINTZA_REVIEW_KEY"
SHORTEST_KEY = 12


def review(
    study: Path,
    component: str | None,
    *,
    host: str,
    port: int,
    key_file: Path | None,
    at_most: int,
    dropped: bool,
) -> None:
    """Serve the page until stopped. Raises StudyError, BadInput, MissingPart, Held, StoreError, each with its remedy."""
    key = _key(key_file)
    plan = planned(study, None)
    settings = plan.study.settings.review
    name = component or _only(plan, study, settings)
    store = Store(plan.study.store)
    laid = lay_out(plan, store, states(plan, store), name, at_most=at_most, dropped=dropped, progress=silent)
    if not laid.candidates:
        remedy = "look at `mintza show`; --dropped lays out what the checks dropped"
        raise StudyError(f"of '{name}' nothing is left to review", place=str(study), remedy=remedy)
    chosen = settings or ReviewSettings(file=f"{plan.study.settings.name}.reviews.jsonl", components=(name,))
    path = reviews_file(plan.study, chosen)
    book = Book(path)
    try:
        desk = Desk(laid.candidates, book, component=name, overlap=chosen.overlap, seconds=time.monotonic)
        _say(plan, desk, settings, chosen, path, name)
        loopback = host in LOOPBACK
        room = Room(
            desk, plan.study.settings.title, laid.target, laid.source, key=key, hosts=LOOPBACK if loopback else None
        )
        asked = "with the key" if key else "without a key"
        serve(room, host, port, lambda url: console.print(f"{url} ({asked}); Ctrl-C ends it", soft_wrap=True))
    except ModuleNotFoundError as error:
        remedy = "pip install 'mintza[arena]'"
        raise MissingPart(f"the review page needs the package {error.name}", remedy=remedy) from None
    finally:
        book.close()


def _say(
    plan: Plan, desk: Desk, settings: ReviewSettings | None, chosen: ReviewSettings, path: Path, name: str
) -> None:
    counts = desk.by_reviewer()
    console.print(
        f"{name}: {len(desk.candidates):,} conversations, uncertain first; {len(counts)} people have read some of them",
        markup=False,
        soft_wrap=True,
    )
    if desk.foreign:
        console.print(
            f"{desk.foreign:,} reviews are of conversations that are not laid out, or that read otherwise now: where the text "
            "is another, they do not count",
            markup=False,
            soft_wrap=True,
        )
    console.print(f"reviews: {path}", markup=False, soft_wrap=True)
    if settings is None or name not in settings.components:
        names = (*(settings.components if settings else ()), name)
        console.print(
            f"to take them into {plan.study.path.name}:\n  review: {{file: {chosen.file}, components: [{', '.join(names)}]}}",
            markup=False,
            soft_wrap=True,
        )


def _only(plan: Plan, study: Path, settings: ReviewSettings | None) -> str:
    """The component that is meant where none is named."""
    translated = [n for n, one in plan.study.settings.components.items() if isinstance(one, TranslatedComponent)]
    names = list(settings.components) if settings else translated
    if len(names) != 1:
        raise StudyError(
            "it is not said which component is reviewed",
            place=str(study),
            remedy=f"mintza review {study} COMPONENT; known: {', '.join(names) or 'none is translated'}",
        )
    return names[0]


def _key(key_file: Path | None) -> str | None:
    if key_file is None:
        key = os.environ.get(KEY_VARIABLE) or None
        place = KEY_VARIABLE
    else:
        place = str(key_file)
        try:
            key = key_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"the key file cannot be read: {error}", place=place, remedy="name another") from error
    if key is not None and len(key) < SHORTEST_KEY:
        remedy = "a long one: python -c 'import secrets; print(secrets.token_urlsafe())'"
        raise BadInput(f"a key has {SHORTEST_KEY} characters at least", place=place, remedy=remedy)
    return key

"""What those who run an arena do at its machine, while it serves or not: staff, export, import, retention, raffle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from mintza.arena.accounts.people import stamp
from mintza.arena.app import open_database
from mintza.arena.database.engine import Connection, Database, Row
from mintza.arena.pages.messages import message
from mintza.arena.publishing import exporting, importing
from mintza.arena.publishing.cleaning import masks_of
from mintza.arena.publishing.retaining import retain as retained
from mintza.arena.refusals import Refused
from mintza.arena.settings import ArenaSettings
from mintza.arena.staff import moderating, overruling
from mintza.arena.thanks import raffle as drawing
from mintza.errors import BadInput, MissingPart
from mintza.terminal.arena import read_settings

console = Console(highlight=False)
T = TypeVar("T")
WHO = "command line"


def staff(file: Path, add: str | None, remove: str | None) -> None:
    """Make or unmake staff, or list them. Raises BadInput for a name that cannot be one, or is not theirs."""
    now = datetime.now(UTC)
    with _opened(file) as (settings, database):
        if add is not None:
            token = _write(
                database, lambda c: _logged(c, "staff", add, now, lambda: moderating.make_staff(c, add, now))
            )
            _print(f"{add} is staff. This link sets the password, once, within an hour:")
            _print(f"{settings.execution.address or ''}/reset/{token}")
        if remove is not None:
            if not _write(
                database, lambda c: _logged(c, "no staff", remove, now, lambda: moderating.unmake_staff(c, remove))
            ):
                raise BadInput(
                    f"nobody of the staff is called {remove}", remedy=f"`mintza arena staff {file}` lists them"
                )
            _print(f"{remove} is no longer staff; their sessions have ended.")
        if add is None and remove is None:
            for row in _read(database, moderating.staff):
                _print(f"{row['name']}  since {str(row['joined_at'])[:10]}")


def export(file: Path, out: Path, review: bool) -> None:
    """Write what is published into a folder; or, for review, what people wrote into a file."""
    with _opened(file) as (settings, database):
        listed = settings.publishing.masks
        masks = masks_of(None if listed is None else file.resolve().parent / listed)
        rows = _read(database, lambda connection: exporting.rows_of(connection, settings, masks))
        if review:
            count = exporting.write_review(rows, out)
            _print(
                f"{count} conversations to read in {out}. Names go into publishing.masks; a battle is hidden by staff."
            )
            return
        exporting.export(rows, settings, out, stamp(datetime.now(UTC)))
        counted = sum(not row.verdicts for row in rows)
        masked = sum(bool(row.masked) for row in rows)
        _print(
            f"{counted} votes that count, {len(rows) - counted} that do not; something was masked in {masked}. In {out}"
        )


def take(file: Path, rows: Path) -> None:
    """Take judged battles from a file in."""
    with _opened(file) as (settings, database):
        lines = [*importing.read(rows)]
        language = settings.language or "und_Zyyy"
        now = datetime.now(UTC)
        done = _write(database, lambda connection: importing.take(connection, lines, language, WHO, now))
    _print(f"{done.new} battles came in, {done.there} were there, {len(done.refused)} rows could not be used.")
    reasons: dict[str, list[str]] = {}
    for verdict in done.refused:
        reasons.setdefault(verdict.reason, []).append(verdict.record_id)
    for reason, places in reasons.items():
        _print(f"  {reason}: {len(places)}, first {places[0]}")


def checks(file: Path) -> None:
    """What checks of voters find, and what staff overruled of it."""
    with _opened(file) as (_, database):
        found, overruled = _read(database, lambda c: (overruling.findings(c), overruling.overrulings(c)))
    stand = {(row["voter"], row["step"]) for row in overruled if row["stands"]}
    for row in found:
        if (row["voter"], row["step"]) not in stand:
            _print(f"{row['voter']}  {row['step']}: {row['votes']} votes left out, {_measured(row)}")
    if not {(row["voter"], row["step"]) for row in found} - stand:
        _print("No check leaves out anybody's votes.")
    for row in overruled:
        done = "upheld" if row["what"] == overruling.UPHOLD else "overruled"
        _print(f"{row['at'][:16]}  {row['who']}: {done} {row['step']} for {row['voter']}. {row['why']}".rstrip())


def _measured(row: Row) -> str:
    if row["value"] is None or row["threshold"] is None:
        return "nothing measured"
    return f"found {row['value']:.2g}, limit {row['threshold']:.2g}"


def overrule(file: Path, voter: str, step: str, why: str, back: bool) -> None:
    """Overrule a check for a voter, or let it hold again. Raises BadInput where there is nothing to change, or no reason."""
    now = datetime.now(UTC)
    change = overruling.uphold if back else overruling.overrule
    listed = f"`mintza arena checks {file}` lists them"
    remedies = {"why_missing": "give it with --why TEXT", "reason_length": "shorten it"}
    remedies |= {"no_such_finding": listed, "no_such_overruling": listed}
    with _opened(file) as (settings, database):
        try:
            _write(database, lambda connection: change(connection, WHO, voter, step, why, now))
        except Refused as refused:
            if refused.code not in remedies:
                raise
            raise BadInput(message(refused.code), remedy=remedies[refused.code]) from None
    done = "holds again" if back else "is overruled"
    _print(f"{step} {done} for {voter}; an arena that serves looks again within {settings.fair.every_s:g} s.")


def retain(file: Path) -> None:
    """Delete what is past its time."""
    now = datetime.now(UTC)
    with _opened(file) as (settings, database):
        gone = _write(database, lambda connection: retained(connection, settings.retention, now))
    _print(
        f"{gone.sessions} sessions, {gone.resets} links, {gone.battles} battles without a vote, {gone.guests} guests and "
        f"{gone.accounts} accounts are gone."
    )


def raffle(file: Path, seed: str | None) -> None:
    """Draw and record; without a seed, only say who would be in it, by the digest that can be published beforehand."""
    now = datetime.now(UTC)
    with _opened(file) as (settings, database):
        if not settings.encouraging.prizes:
            raise BadInput("this arena has no prizes", place=str(file), remedy="add `encouraging: {prizes: [...]}`")
        reached = settings.participation.email
        found = _read(database, lambda connection: drawing.entries(connection, addresses=reached))
        tickets = sum(votes // settings.encouraging.votes_a_ticket for votes in found.values())
        _print(f"{len(found)} people, {tickets} tickets, sha256 of the entries {drawing.digest(found)}")
        if seed is None:
            _print(
                "Nothing is drawn: give --draw SEED, best a number that nobody could know when this digest was published."
            )
            return
        won = _write(database, lambda c: drawing.draw(c, settings.encouraging, seed, now, addresses=reached))
        for row in won:
            _print(f"{row['prize']}: {row['name']} ({row['voter']})")
        if reached:
            _print("Their addresses are on the page for staff, /staff/people.")


def _logged(connection: Connection, what: str, about: str, now: datetime, act: Callable[[], T]) -> T:
    try:
        done = act()
    except Refused as refused:
        raise BadInput(message(refused.code), remedy="choose another name") from None
    moderating.log(connection, WHO, what, about, now)
    return done


@contextmanager
def _opened(file: Path) -> Iterator[tuple[ArenaSettings, Database]]:
    settings, language = read_settings(file)
    try:
        database = open_database(settings, file.resolve().parent)
    except ModuleNotFoundError as error:
        raise MissingPart(f"the arena needs the package {error.name}", remedy="pip install 'mintza[arena]'") from None
    try:
        yield settings.model_copy(update={"language": language.code}), database
    finally:
        database.close()


def _read(database: Database, work: Callable[[Connection], T]) -> T:
    return asyncio.run(database.read(work))


def _write(database: Database, work: Callable[[Connection], T]) -> T:
    return asyncio.run(database.write(work))


def _print(text: str) -> None:
    console.print(text, markup=False, soft_wrap=True)

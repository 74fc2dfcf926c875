"""A whole arena, opened: its settings, its database, its models, and what keeps the door."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mintza.arena.accounts.limits import Buckets, Failures, Network, networks
from mintza.arena.accounts.passwords import Passwords
from mintza.arena.accounts.sealing import Sealer, Signer, sealer_of, secret_of
from mintza.arena.battles import storing
from mintza.arena.battles.balancing import BalancedDrawing
from mintza.arena.battles.controls import PlantedAnswers, behind, control_of
from mintza.arena.battles.drawing import Drawing
from mintza.arena.battles.identity import NameSpotter
from mintza.arena.battles.live import LiveTurns, Means
from mintza.arena.battles.tokens import BattleTokens
from mintza.arena.database.engine import Database
from mintza.arena.database.migrating import upgrade
from mintza.arena.endpoints.client import Asked, HttpEndpoint, ModelEndpoint
from mintza.arena.publishing.cleaning import Masks, masks_of
from mintza.arena.publishing.retaining import retain
from mintza.arena.ranking.board import Board
from mintza.arena.ranking.keeping import BoardKeeper
from mintza.arena.refusals import DatabaseDown
from mintza.arena.settings import ArenaSettings, Limits
from mintza.arena.staff.campaigns import Running
from mintza.arena.words import long_date
from mintza.errors import BadInput, StudyError
from mintza.records import Language

HOUR = 3600.0
DAY_S = 86_400.0
log = logging.getLogger("mintza.arena")


@dataclass(frozen=True)
class Doors:
    """What keeps the door: every limit, each with its own count."""

    requests: Buckets
    turns_session: Buckets
    turns_address: Buckets
    signs: Buckets
    logins: Buckets
    failures: Failures
    trusted: tuple[Network, ...]


@dataclass(frozen=True)
class Asking:
    """Which models may be drawn, and how each is asked today."""

    settings: ArenaSettings
    language: Language
    now: Callable[[], datetime]
    running: Running

    def drawable(self) -> list[str]:
        """Models that may be drawn: not paused by the settings or by staff, and in the campaign that runs."""
        awake = [name for name, model in self.settings.models.items() if not model.paused]
        return self.running.drawable(awake, self.now())

    def how(self, model: str) -> Asked:
        """How a model is asked today, a planted answer as the model behind it."""
        settings = self.settings.models[behind(model)]
        day = self.now().date()
        said = long_date(day, self.language.bcp47)
        if settings.system_prompt is None:
            prompt = f"{self.language.chat_system_prompt}\n{said}"
        else:
            prompt = settings.system_prompt.replace("{date}", said)
        return Asked(prompt, settings.temperature, settings.top_p, settings.max_tokens)


@dataclass
class Arena:
    """An open arena. language: of the battles.  consents: interface language -> text.  now: UTC.  seconds: monotonic."""

    settings: ArenaSettings
    language: Language
    database: Database
    signer: Signer
    sealer: Sealer | None
    passwords: Passwords
    endpoints: dict[str, ModelEndpoint]
    asking: Asking
    live: LiveTurns
    tokens: BattleTokens
    doors: Doors
    consents: dict[str, str]
    drawing: Drawing
    running: Running
    keeper: BoardKeeper
    masks: Masks
    luck: random.Random
    now: Callable[[], datetime]
    tasks: set[asyncio.Task[object]] = field(default_factory=set)

    @property
    def title(self) -> str:
        """Of the pages."""
        return self.settings.title or "Mintza"

    def consent(self, interface: str) -> tuple[str, str, str]:
        """The consent text in a language, or in the first that has it: the text, its language, its sha256."""
        tag = next((t for t in (interface, *self.settings.interface, *self.consents) if t in self.consents), "en")
        text = self.consents[tag]
        return text, tag, hashlib.sha256(text.encode()).hexdigest()

    async def start(self) -> None:
        """Take up what a stop left behind, and begin to save what streams. Raises DatabaseDown."""
        now = self.now()
        await self.database.write(lambda connection: storing.recover(connection, now))
        await self.reload()
        await self._consent_is_as_it_was()
        await self.keeper.load()
        self.keep(self.live.save_for_ever())
        self.keep(self.keeper.for_ever())
        self.keep(self._retain_for_ever())

    async def _consent_is_as_it_was(self) -> None:
        """Say when people have agreed to another text of this version: they are not asked again, and should be."""
        version = self.settings.consent.version
        known = {hashlib.sha256(text.encode()).hexdigest() for text in self.consents.values()}
        given = await self.database.read(
            lambda c: c.all("SELECT DISTINCT text_sha256 FROM consents WHERE version = :version", version=version)
        )
        if any(row["text_sha256"] not in known for row in given):
            log.warning(
                "people have agreed to another text of consent version %s; raise consent.version, and they are asked again",
                version,
            )

    async def reload(self) -> None:
        """Take up what staff have decided. Raises DatabaseDown."""
        await self.database.read(self.running.load)

    async def _retain_for_ever(self) -> None:
        """Once a day, and soon after each start, delete what is past its time; campaigns made elsewhere are seen too."""
        while True:
            now = self.now()
            try:
                gone = await self.database.write(lambda c, now=now: retain(c, self.settings.retention, now))  # type: ignore[misc]
                log.info("retention: %s", gone)
            except DatabaseDown as error:
                log.warning("retention waits: %s", error.why)
            await asyncio.sleep(DAY_S)

    def keep(self, work: object) -> None:
        """Let work go on beside the requests."""
        task: asyncio.Task[object] = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def close(self) -> None:
        """End everything; turns under way are kept as far as they came."""
        for task in [*self.tasks]:
            task.cancel()
        with suppress(Exception):
            await self.live.save()
        await self.live.close()
        for endpoint in self.endpoints.values():
            if isinstance(endpoint, HttpEndpoint):
                await endpoint.close()
        self.keeper.close()
        self.passwords.close()
        self.database.close()


def open_arena(
    settings: ArenaSettings,
    language: Language,
    base: Path,
    *,
    url: str | None = None,
    also: Sequence[Language] = (),
    drawing: Drawing | None = None,
    luck: random.Random | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    seconds: Callable[[], float] = time.monotonic,
) -> Arena:
    """An arena whose paths are relative to `base`. The schema of its database is brought up to date.

    url: of the database; None for DATABASE_URL, else for a SQLite file in the folder of its data.
    also: languages whose phrases of identity count too. Raises StudyError, BadInput, MissingPart, StoreError.
    """
    balanced = BalancedDrawing(settings.fair.uniform, settings.fair.controls)
    drawn = drawing or balanced
    signer = Signer(secret_of(_folder(base / settings.execution.data)))
    database = open_database(settings, base, url)
    spotter = NameSpotter([language, *also], settings.models.items())
    lucky = luck or random.SystemRandom()
    endpoints: dict[str, ModelEndpoint] = {name: HttpEndpoint(name, model) for name, model in settings.models.items()}
    endpoints |= {control_of(name): PlantedAnswers(endpoint, lucky) for name, endpoint in endpoints.items()}
    running = Running()
    asking = Asking(settings, language, now, running)
    means = Means(database, endpoints, asking.drawable, asking.how, drawn, spotter, settings.battle, lucky, now)
    return Arena(
        settings=settings,
        language=language,
        database=database,
        signer=signer,
        sealer=_sealer(settings, base),
        passwords=Passwords(),
        endpoints=endpoints,
        asking=asking,
        live=LiveTurns(means),
        tokens=BattleTokens(signer, settings.battle.hours),
        doors=_doors(settings, seconds),
        consents=_consents(settings, base),
        drawing=drawn,
        running=running,
        keeper=BoardKeeper(settings, database, now, lambda board: _learnt(balanced, board)),
        masks=masks_of(None if settings.publishing.masks is None else base / settings.publishing.masks),
        luck=lucky,
        now=now,
    )


def open_database(settings: ArenaSettings, base: Path, url: str | None = None) -> Database:
    """The arena's database, its schema brought up to date. Close it. Raises BadInput, StoreError."""
    _folder(base / settings.execution.data)
    database = Database(url or url_of(base / settings.execution.data), readers=settings.execution.readers)
    upgrade(database)
    return database


def _learnt(drawing: BalancedDrawing, board: Board) -> None:
    drawing.learn(((one, other, won + tied + lost) for one, other, won, tied, lost in board.pairs), board.unsure)


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BadInput(
            error.strerror or str(error), place=str(path), remedy="name a folder in execution.data"
        ) from None
    return path


def url_of(folder: Path) -> str:
    """Of the database of an arena whose data lie there."""
    return os.environ.get("DATABASE_URL") or f"sqlite:///{(folder / 'arena.sqlite').resolve()}"


def _sealer(settings: ArenaSettings, base: Path) -> Sealer | None:
    """What seals e-mail addresses; None where they are not asked for. Raises MissingPart without a key."""
    if not settings.participation.email:
        return None
    file = settings.execution.email_key_file
    return sealer_of(settings.execution.email_key_env, None if file is None else base / file)


def _doors(settings: ArenaSettings, seconds: Callable[[], float]) -> Doors:
    limits: Limits = settings.limits
    try:
        trusted = networks(settings.execution.trusted_proxies)
    except ValueError as error:
        raise StudyError(f"execution.trusted_proxies: {error}", remedy="write networks such as 10.0.0.0/8") from None
    return Doors(
        requests=Buckets(limits.requests_minute, 60.0, seconds),
        turns_session=Buckets(limits.turns_session, HOUR, seconds),
        turns_address=Buckets(limits.turns_address, HOUR, seconds),
        signs=Buckets(limits.signs_address, HOUR, seconds),
        logins=Buckets(limits.logins_address, HOUR, seconds),
        failures=Failures(seconds),
        trusted=trusted,
    )


def _consents(settings: ArenaSettings, base: Path) -> dict[str, str]:
    """Texts by interface language: the arena's own, else the packaged template; `{licence}` and `{contact}` are filled in."""
    packaged = (Path(__file__).parent / "texts").glob("consent.*.md")
    files = {tag: base / file for tag, file in settings.consent.text.items()}
    texts = {}
    for tag, path in (files or {path.name.split(".")[1]: path for path in sorted(packaged)}).items():
        try:
            text = path.read_text(encoding="utf-8")
            texts[tag] = text.replace("{licence}", settings.publishing.licence).replace("{contact}", _contact(settings))
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(str(error), place=str(path), remedy="give a UTF-8 file in consent.text") from None
    return texts


def _contact(settings: ArenaSettings) -> str:
    """As the consent says it; a gap that nobody overlooks where none was given."""
    return settings.contact or "[...]"

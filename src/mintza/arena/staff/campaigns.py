"""Campaigns and pauses: what staff change while the arena serves, held in memory and in the database."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from mintza.arena.accounts.people import stamp
from mintza.arena.database.engine import Connection, Row
from mintza.arena.refusals import Refused

LONGEST_WORDS = 4000


class Campaign(NamedTuple):
    """A time in which people are asked for votes. opens, closes: ISO 8601, UTC.  models: empty for all.

    words: Markdown, on the landing page.
    """

    id: str
    title: str
    opens: str
    closes: str
    models: tuple[str, ...]
    goal: int | None
    words: str

    def open_at(self, at: str) -> bool:
        """Whether it runs then."""
        return self.opens <= at < self.closes


@dataclass
class Running:
    """What staff have decided. campaigns: all, the newest first.  paused: models."""

    campaigns: list[Campaign] = field(default_factory=list)
    paused: set[str] = field(default_factory=set)

    def campaign(self, now: datetime) -> Campaign | None:
        """The one that runs now, of several the newest."""
        at = stamp(now)
        return next((each for each in self.campaigns if each.open_at(at)), None)

    def closed(self, now: datetime) -> bool:
        """Whether no battle can begin: there are campaigns, and none runs."""
        return bool(self.campaigns) and self.campaign(now) is None

    def drawable(self, models: Collection[str], now: datetime) -> list[str]:
        """Those of `models` that are not paused, and in the campaign where one runs."""
        campaign = self.campaign(now)
        within = campaign.models if campaign is not None and campaign.models else models
        return [model for model in models if model in within and model not in self.paused]

    def load(self, connection: Connection) -> None:
        """Take what the database holds."""
        rows = connection.all("SELECT * FROM campaigns ORDER BY made_at DESC, id")
        self.campaigns = [_campaign(row) for row in rows]
        self.paused = {row["model"] for row in connection.all("SELECT model FROM model_states WHERE paused = 1")}


def _campaign(row: Row) -> Campaign:
    return Campaign(
        row["id"],
        row["title"],
        row["opens_at"],
        row["closes_at"],
        tuple(json.loads(row["models"] or "[]")),
        row["goal"],
        row["words"],
    )


def campaign_of(form: Mapping[str, str], models: Collection[str]) -> Campaign:
    """A campaign as a form gives it: title, opens, closes (days, or days and times, UTC), models (names between spaces), goal, words.

    Raises Refused (422) with the field that is wrong as its code: campaign_title, campaign_dates, campaign_models, campaign_goal.
    """
    title = " ".join(form.get("title", "").split())
    if not 1 <= len(title) <= 120:
        raise Refused("campaign_title", 422)
    opens, closes = _moment(form.get("opens", "")), _moment(form.get("closes", ""))
    if opens >= closes:
        raise Refused("campaign_dates", 422)
    chosen = tuple(dict.fromkeys(form.get("models", "").replace(",", " ").split()))
    if chosen and (len(chosen) < 2 or not set(chosen) <= set(models)):
        raise Refused("campaign_models", 422)
    goal = form.get("goal", "").strip()
    if goal and (not goal.isascii() or not goal.isdigit() or not 1 <= int(goal[:12]) <= 10_000_000):
        raise Refused("campaign_goal", 422)
    words = form.get("words", "").strip()[:LONGEST_WORDS]
    return Campaign(
        secrets.token_hex(6), title, stamp(opens), stamp(closes), chosen, int(goal) if goal else None, words
    )


def _moment(written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError:
        raise Refused("campaign_dates", 422) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def add(connection: Connection, campaign: Campaign, now: datetime) -> None:
    """Keep it."""
    connection.insert(
        "campaigns",
        id=campaign.id,
        title=campaign.title,
        opens_at=campaign.opens,
        closes_at=campaign.closes,
        models=json.dumps(campaign.models) if campaign.models else None,
        goal=campaign.goal,
        words=campaign.words,
        made_at=stamp(now),
    )


def close(connection: Connection, campaign: str, now: datetime) -> None:
    """It ends now, if it has not ended. Raises Refused (404)."""
    if connection.one("SELECT id FROM campaigns WHERE id = :id", id=campaign) is None:
        raise Refused("not_found", 404)
    connection.run(
        "UPDATE campaigns SET closes_at = :at WHERE id = :id AND closes_at > :at", id=campaign, at=stamp(now)
    )


def pause(connection: Connection, model: str, paused: bool, now: datetime) -> None:
    """A model is drawn no more, or again."""
    connection.run("DELETE FROM model_states WHERE model = :model", model=model)
    connection.insert("model_states", model=model, paused=int(paused), at=stamp(now))

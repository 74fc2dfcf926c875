"""The name of a battle in addresses: signed, for one person, for a time. It says nothing of the models."""

from __future__ import annotations

from datetime import datetime, timedelta

from mintza.arena.accounts.sealing import Signer
from mintza.arena.refusals import Refused

_PURPOSE = "battle"


class BattleTokens:
    """Makes and reads tokens `BATTLE.SECONDS.SIGNATURE`."""

    def __init__(self, signer: Signer, hours: float) -> None:
        self._signer = signer
        self._lasts = timedelta(hours=hours)

    def make(self, battle: str, person: str, started: datetime) -> str:
        """A token for a battle that began then."""
        until = str(int((started + self._lasts).timestamp()))
        return f"{battle}.{until}.{self._signer.sign(_PURPOSE, battle, until, person)}"

    def read(self, token: str, person: str, now: datetime) -> str:
        """The battle's id. Raises Refused: 403 for a token that is tampered with or somebody else's, 410 for one that is past."""
        battle, _, rest = token.partition(".")
        until, _, signature = rest.partition(".")
        if not self._signer.holds(signature, _PURPOSE, battle, until, person):
            raise Refused("not_your_battle", 403)
        if int(until) < now.timestamp():
            raise Refused("battle_expired", 410)
        return battle

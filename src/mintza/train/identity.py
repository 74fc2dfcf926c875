"""Whose a checkpoint is: all that decides a run, so that no other run takes it up or clears it away."""

from __future__ import annotations

import hashlib
import json

import msgspec

from mintza.records import Record


class Identity(Record, frozen=True, kw_only=True):
    """What a run is of.

    variant: its name.  study: title of the study that began it, which decides nothing: studies that share a cell share its run.
    settings, rows, backbone: digests or revisions.  revision: of the stage that trains.
    """

    variant: str
    study: str = ""
    settings: str = ""
    rows: str = ""
    backbone: str = ""
    revision: int = 0

    @property
    def digest(self) -> str:
        """Hex sha256 over all that decides."""
        decides = [self.variant, self.settings, self.rows, self.backbone, self.revision]
        return hashlib.sha256(json.dumps(decides).encode()).hexdigest()

    def apart_from(self, other: Identity) -> list[str]:
        """Names of what decides and differs."""
        ours, theirs = msgspec.structs.asdict(self), msgspec.structs.asdict(other)
        return [name for name in ours if name != "study" and ours[name] != theirs[name]]

    def named(self) -> str:
        """For a person."""
        return f"variant '{self.variant}'" + (f" of the study '{self.study}'" if self.study else "")


def digest_of(facts: object) -> str:
    """Hex sha256 of what JSON can hold."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

"""A trial of a study: the same, with at most N records a stage."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mintza.study.load import Study
from mintza.study.schema import StudySettings


def limited(study: Study, limit: int) -> Study:
    """The study with at most `limit` documents a source, conversations, translations and items. Its artifacts have other keys."""
    settings = study.settings
    plain = settings.model_dump()
    for source in plain["corpus"]["sources"]:
        source["limit"] = _least(source["limit"], limit)
    for take in plain["exams"]["take"].values():
        # Where all are taken nobody knows here how many there are: fewer than the limit are no mistake.
        take["items" if take["items"] else "at_most"] = _least(take["items"], limit)
    sample = plain["instruct"]["sample"]
    sample["conversations"] = min(sample["conversations"], limit)
    if plain["translate"]["gate"]:
        plain["translate"]["gate"]["segments"] = max(2, min(plain["translate"]["gate"]["segments"], limit))
    plain["translate"]["translate"]["limit"] = _least(plain["translate"]["translate"]["limit"], limit)
    for component in plain["components"].values():
        if component["kind"] == "written":
            component["data"]["limit"] = _least(component["data"]["limit"], limit)
    if plain["benchmark"]["right_language"]:
        measure: dict[str, Any] = plain["benchmark"]["right_language"]
        measure["items"] = _least(measure["items"], limit)
    if plain["benchmark"]["bits_per_byte"]:
        plain["benchmark"]["bits_per_byte"]["documents"] = min(plain["benchmark"]["bits_per_byte"]["documents"], limit)
    return replace(study, settings=StudySettings.model_validate(plain))


def _least(given: int | None, limit: int) -> int:
    return limit if given is None else min(given, limit)

"""Licences travel: what the parts of a release are made from decides under which terms they may be given away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

Kind = Literal["free", "attribution", "share-alike", "non-commercial", "no-derivatives", "model-terms"]


@dataclass(frozen=True)
class Terms:
    """What a licence asks. goes_into: licences that what is made of it may bear, () for any.  name_begins: of models made with it.

    hub: how the hub calls it where that is no SPDX id.  notice: to be printed with what is made with it.
    """

    id: str
    kind: Kind
    goes_into: tuple[str, ...] = ()
    name_begins: str | None = None
    hub: str | None = None
    notice: str | None = None


@dataclass(frozen=True)
class Ingredient:
    """Something that a part is made from. what: in words.  license: as it was given."""

    what: str
    license: str


def terms_of(license_: str, read_as: Mapping[str, str]) -> Terms | None:
    """The terms of a licence as it was written, None when nobody knows them. read_as: see ReleaseSettings."""
    return _table().get(read_as.get(license_, license_).strip().lower())


def conflicts_of_text(ingredients: Iterable[Ingredient], wanted: str, read_as: Mapping[str, str]) -> list[str]:
    """Why texts of these sources cannot be given away under `wanted`; [] when they can."""
    return [why for each in ingredients if (why := _text(each, wanted, read_as))]


def conflicts_of_model(
    ingredients: Iterable[Ingredient],
    backbones: Iterable[Ingredient],
    wanted: str,
    name: str,
    read_as: Mapping[str, str],
) -> list[str]:
    """Why a model cannot be given away under `wanted` and called `name`.

    ingredients: its training data.  backbones: the model that it started from, and those that wrote its data.
    Share-alike texts bind copies of the text; whether they bind a model's weights is not settled: the card says so, nothing is refused.
    """
    found = []
    for each in ingredients:
        terms = terms_of(each.license, read_as)
        if terms is None:
            found.append(_unknown(each))
        elif terms.kind == "non-commercial" and not _commercial_free(wanted, read_as):
            found.append(
                f"{each.what} is {each.license}: a model trained on it is not to be sold, and {wanted} lets everybody sell it"
            )
    for each in backbones:
        found += _bound(each, wanted, name, read_as)
    return list(dict.fromkeys(found))


def notices(ingredients: Iterable[Ingredient], read_as: Mapping[str, str]) -> list[str]:
    """What must be printed with a model made with these."""
    terms = [terms_of(each.license, read_as) for each in ingredients]
    return list(dict.fromkeys(each.notice for each in terms if each is not None and each.notice))


def shared_alike(ingredients: Iterable[Ingredient], read_as: Mapping[str, str]) -> list[Ingredient]:
    """Those whose text must stay under its own licence."""
    return [e for e in ingredients if (terms := terms_of(e.license, read_as)) and terms.kind == "share-alike"]


def hub_id(license_: str, read_as: Mapping[str, str]) -> str:
    """How the hub writes a licence: lower case, or `other`."""
    terms = terms_of(license_, read_as)
    return "other" if terms is None else (terms.hub or terms.id.lower())


def _text(each: Ingredient, wanted: str, read_as: Mapping[str, str]) -> str | None:
    terms = terms_of(each.license, read_as)
    if terms is None:
        return _unknown(each)
    if terms.kind == "no-derivatives":
        return f"{each.what} is {each.license}: cleaned text is a changed work, and may not be passed on"
    if terms.goes_into and wanted not in terms.goes_into:
        return f"{each.what} is {each.license}: it may be passed on as {' or '.join(terms.goes_into)}, not as {wanted}"
    if terms.kind == "model-terms" and wanted.lower() not in (terms.id.lower(), terms.hub):
        return f"{each.what} was written by a model under {each.license}: it is passed on under those terms, not as {wanted}"
    return None


def _bound(each: Ingredient, wanted: str, name: str, read_as: Mapping[str, str]) -> list[str]:
    terms = terms_of(each.license, read_as)
    if terms is None:
        return [_unknown(each)]
    found = []
    if terms.kind == "model-terms" and wanted.lower() not in (terms.id.lower(), terms.hub):
        found.append(f"{each.what} is under {each.license}: models made with it stay under it, and cannot be {wanted}")
    if terms.name_begins and not name.lower().startswith(terms.name_begins.lower()):
        found.append(
            f"{each.what} is under {each.license}: the name of a model made with it begins with {terms.name_begins},"
            f" and `{name}` does not"
        )
    if terms.kind in ("share-alike", "non-commercial") and wanted not in terms.goes_into:
        found.append(
            f"{each.what} is {each.license}: a model made of it is {' or '.join(terms.goes_into)}, not {wanted}"
        )
    if terms.kind == "no-derivatives":
        found.append(f"{each.what} is {each.license}: what is made of it may not be passed on")
    return found


def _commercial_free(wanted: str, read_as: Mapping[str, str]) -> bool:
    terms = terms_of(wanted, read_as)
    return terms is not None and terms.kind == "non-commercial"


def _unknown(each: Ingredient) -> str:
    return f"{each.what}: nobody here knows the terms of '{each.license}'"


@cache
def _table() -> dict[str, Terms]:
    rows: list[dict[str, Any]] = yaml.safe_load(
        (resources.files("mintza.release") / "licenses.yaml").read_text(encoding="utf-8")
    )
    return {
        name.lower(): Terms(
            name,
            row["kind"],
            tuple(row.get("goes_into", ())),
            row.get("name_begins"),
            row.get("hub"),
            row.get("notice"),
        )
        for row in rows
        for name in row["ids"]
    }

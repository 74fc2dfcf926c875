"""The base of all that a person may write in a study: strict, closed, frozen; and what of it bears on a result."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Settings of a room. Unknown keys are refused, types are not coerced, numbers are finite, defaults are written out."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, validate_default=True, defer_build=True, allow_inf_nan=False
    )

    def bearing(self) -> dict[str, Any]:
        """All fields that bear on the result, defaults included, as JSON types: without any field named `execution`."""
        bearing: dict[str, Any] = _without_execution(self.model_dump(mode="json"))
        return bearing


def _without_execution(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_execution(inner) for name, inner in value.items() if name != "execution"}
    if isinstance(value, list):
        return [_without_execution(inner) for inner in value]
    return value

"""The base of all records: frozen, closed, written and read as JSON."""

from __future__ import annotations

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A noun of the study. Unknown fields are refused when it is read."""

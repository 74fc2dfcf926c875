from __future__ import annotations

import pytest

from fakes import language
from mintza.records import Language


@pytest.fixture(scope="session")
def likely() -> tuple[Language, ...]:
    """Basque and six languages that its sentences could be taken for."""
    called = {"eus": "eu", "spa": "es", "eng": "en", "fra": "fr", "glg": "gl", "cat": "ca", "por": "pt"}
    return tuple(language(f"{code}_Latn", short) for code, short in called.items())


@pytest.fixture(scope="session")
def unknown() -> Language:
    """A language that no identifier knows."""
    return language("xyz_Latn", None)


@pytest.fixture(scope="session")
def serbian() -> tuple[Language, ...]:
    """One language in two scripts, which the identifiers call by one name."""
    return language("srp_Latn", "sr"), language("srp_Cyrl", "sr")

from __future__ import annotations

import pytest

from mintza.records import Language


def make(code: str, called: str | None) -> Language:
    """A language made for the tests, so that they rest on nobody's folders."""
    return Language(
        code=code,
        bcp47=called or "und",
        name=code,
        endonym=code,
        direction="ltr",
        neighbours=(),
        pycld2=called,
        py3langid=called,
        sentence_end=".",
        refusal_phrases=(),
        identity_phrases=(),
        sample_system_prompt="",
        chat_system_prompt="",
        register="",
    )


@pytest.fixture(scope="session")
def likely() -> tuple[Language, ...]:
    """Basque and six languages that its sentences could be taken for."""
    called = {"eus": "eu", "spa": "es", "eng": "en", "fra": "fr", "glg": "gl", "cat": "ca", "por": "pt"}
    return tuple(make(f"{code}_Latn", short) for code, short in called.items())


@pytest.fixture(scope="session")
def unknown() -> Language:
    """A language that no identifier knows."""
    return make("xyz_Latn", None)


@pytest.fixture(scope="session")
def serbian() -> tuple[Language, ...]:
    """One language in two scripts, which the identifiers call by one name."""
    return make("srp_Latn", "sr"), make("srp_Cyrl", "sr")

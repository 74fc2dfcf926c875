"""Which language a text is in: identifiers that are asked among likely languages only, and say how sure they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from mintza import languages as folders
from mintza.errors import StudyError
from mintza.records import Language
from mintza.text.backends import Guess, Py3langid, pycld2_guess
from mintza.text.masks import without_code
from mintza.text.normal import letters, paragraphs
from mintza.text.scripts import dominant_script, may_be

UNKNOWN = "und"


class Identified(NamedTuple):
    """language: code, `und` when it is none of the likely ones.  score: 0 to 1.  backend: who said so.

    score of pycld2: share of the text in that language.  score of py3langid: probability among the likely languages.
    """

    language: str
    score: float
    backend: str


class Identifier(Protocol):
    """Says which language a text is in. name: of the whole, for records."""

    @property
    def name(self) -> str: ...

    def identify(self, text: str) -> Identified:
        """The language of the text as a whole. Text without letters is `und`."""
        ...


def cascade(languages: Sequence[Language]) -> Identifier:
    """pycld2 where it is sure of itself, else py3langid among the given languages and their neighbours.

    Raises StudyError when neither knows one of the given languages.
    """
    return _Cascade(_Likely(languages, needed=languages))


def second(languages: Sequence[Language]) -> Identifier:
    """py3langid alone: the one that measures, so that what is measured is not what filtered.

    Raises StudyError when it knows none of the given languages.
    """
    return _Second(_Likely(languages, needed=()))


def knows(language: Language) -> tuple[str, ...]:
    """Names of the identifiers that know the language, by its folder; none is loaded."""
    return tuple(name for name in ("pycld2", "py3langid") if getattr(language, name) is not None)


def share_of_language(text: str, code: str, identifier: Identifier) -> float:
    """Share of the letters that stand in paragraphs of the language, 0 to 1; blocks of code are not counted.

    0 when there is no letter.
    """
    total = inside = 0
    for paragraph in paragraphs(without_code(text)):
        count = letters(paragraph)
        total += count
        if count and identifier.identify(paragraph).language == code:
            inside += count
    return inside / total if total else 0.0


class _Likely:
    """The languages a text may be in, and how each identifier calls them."""

    def __init__(self, languages: Sequence[Language], *, needed: Sequence[Language]) -> None:
        for language in needed:
            if not knows(language):
                raise StudyError(
                    f"no identifier knows {language.name} ({language.code})",
                    place=f"languages/{language.code}/language.yaml",
                    remedy="name it under `identifiers` as pycld2 or py3langid call it, or leave the language filter out",
                )
        by_code = {language.code: language for language in languages}
        for language in languages:
            for code in language.neighbours:
                neighbour = None if code in by_code else _folder(code)
                if neighbour is not None:
                    by_code[code] = neighbour
        self.languages = tuple(by_code.values())
        self.py3langid = Py3langid({language.py3langid for language in self.languages if language.py3langid})

    def code(self, guess: Guess, backend: str, script: str) -> str:
        """The code of what a backend guessed; two scripts of one language are told apart by the text's."""
        called = [language for language in self.languages if getattr(language, backend) == guess.language]
        return next((language.code for language in called if may_be(language.code, script)), UNKNOWN)

    def ask_py3langid(self, text: str, script: str) -> Identified:
        guess = self.py3langid.guess(text)
        return Identified(self.code(guess, "py3langid", script), guess.score, "py3langid")


class _Cascade:
    name = "pycld2+py3langid"

    def __init__(self, likely: _Likely) -> None:
        self._likely = likely

    def identify(self, text: str) -> Identified:
        script = dominant_script(text)
        if not script:
            return Identified(UNKNOWN, 0.0, "script")
        guess = pycld2_guess(text)
        if guess is not None:
            return Identified(self._likely.code(guess, "pycld2", script), guess.score, "pycld2")
        return self._likely.ask_py3langid(text, script)


class _Second:
    name = "py3langid"

    def __init__(self, likely: _Likely) -> None:
        if not likely.py3langid.labels:
            raise StudyError(
                "py3langid knows none of the languages", remedy="name one under `identifiers` in its language.yaml"
            )
        self._likely = likely

    def identify(self, text: str) -> Identified:
        script = dominant_script(text)
        return self._likely.ask_py3langid(text, script) if script else Identified(UNKNOWN, 0.0, "script")


def _folder(code: str) -> Language | None:
    """A neighbour's folder; a language may name neighbours that nobody has described yet."""
    try:
        return folders.load(code)
    except StudyError:
        return None

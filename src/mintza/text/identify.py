"""Which language a text is in: identifiers that are asked among likely languages only, and say how sure they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from mintza import languages as folders
from mintza.errors import StudyError
from mintza.records import IdentifierFile, Language
from mintza.text.backends import Guess, Py3langid, pycld2_guess
from mintza.text.masks import without_code, without_placeholders
from mintza.text.normal import letters, paragraphs
from mintza.text.scripts import dominant_script, may_be

if TYPE_CHECKING:
    from mintza.text.identifier_files import Asked

UNKNOWN = "und"
_SHORT = 300  # characters: in a longer text a placeholder decides nothing
_SURE = 0.5


class Identified(NamedTuple):
    """language: code, `und` when it is none of the likely ones.  score: 0 to 1.  backend: who said so.

    score of pycld2: share of the text in that language.  score of py3langid: probability among the likely languages; of
    `ngrams`: among those that were learned, of glotlid among all of its own.  score of a vote: share of the voices.
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
    """pycld2 where it is sure of itself, else py3langid among the given languages and their neighbours; the identifiers in
    files that the languages name are asked before them, with them or instead of them, as their role says.

    Raises StudyError when none knows one of the given languages, BadInput or MissingPart for a file that cannot be used.
    """
    likely = _Likely(languages, needed=languages)
    files = _Files(languages)
    if only := files.having("only"):
        return _Only(only)
    voting, first = files.having("vote"), files.having("first")
    rest: Identifier = _Vote(likely, voting) if voting else _Cascade(likely)
    return _First(first, rest) if first else rest


def second(languages: Sequence[Language]) -> Identifier:
    """py3langid alone: the one that measures, so that what is measured is not what filtered. A language that it does not
    know is found by the identifiers in files all the same: else none of it would ever be found.

    Raises StudyError when neither knows one of the given languages.
    """
    likely = _Likely(languages, needed=())
    files = _Files([language for language in languages if language.py3langid is None])
    asked = files.having("first", "vote", "only")
    if asked and not likely.py3langid.labels:
        return _Only(asked)
    return _First(asked, _Second(likely)) if asked else _Second(likely)


def knows(language: Language) -> tuple[str, ...]:
    """Names of the identifiers that know the language, by its folder; none is loaded."""
    built_in = tuple(name for name in ("pycld2", "py3langid") if getattr(language, name) is not None)
    return (*built_in, *(model.kind for model in language.models))


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
                    remedy="name it under `identifiers` as pycld2 or py3langid call it, learn one with "
                    "`mintza corpus identifier`, or leave the language filter out",
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
        text = _bare(text)
        script = dominant_script(text)
        if not script:
            return Identified(UNKNOWN, 0.0, "script")
        guess = pycld2_guess(text)
        if guess is not None:
            return Identified(self._likely.code(guess, "pycld2", script), guess.score, "pycld2")
        found = self._likely.ask_py3langid(text, script)
        # Not even as likely as not, among so few: that is no answer.
        return found if found.score >= _SURE else found._replace(language=UNKNOWN)


class _Named(NamedTuple):
    """An identifier in a file. codes: label -> code of the languages that it was named for."""

    kind: str
    asked: Asked
    codes: dict[str, str]


class _Files:
    """The identifiers in files, by role, and the codes of the languages that each was named for, by its labels."""

    def __init__(self, languages: Sequence[Language]) -> None:
        # One file may be named by several languages, each with its label.
        self._labels: dict[tuple[str, str, str], dict[str, str]] = {}
        self._models: dict[tuple[str, str, str], IdentifierFile] = {}
        for language in languages:
            for model in language.models:
                key = (model.role, model.kind, model.sha256)
                self._labels.setdefault(key, {})[model.label] = language.code
                self._models.setdefault(key, model)

    def having(self, *roles: str) -> list[_Named]:
        """The opened identifiers that are in one of these roles."""
        chosen = [key for key in self._models if key[0] in roles]
        if not chosen:
            return []
        from mintza.text.identifier_files import opened  # numpy is loaded for those who have such a file

        return [_Named(key[1], opened(self._models[key]), self._labels[key]) for key in chosen]


class _Only:
    """Identifiers in files alone: the surest of them."""

    def __init__(self, asked: Sequence[_Named]) -> None:
        self._asked = asked
        self.name = _kinds(asked)

    def identify(self, text: str) -> Identified:
        text = _bare(text)
        script = dominant_script(text)
        if not script:
            return Identified(UNKNOWN, 0.0, "script")
        return max(_voices(self._asked, text, script), key=lambda one: (one.language != UNKNOWN, one.score))


class _First:
    """Identifiers in files are asked first, and believed when they say yes to a language that they were named for."""

    def __init__(self, asked: Sequence[_Named], rest: Identifier) -> None:
        self._asked = asked
        self._rest = rest
        self.name = f"{_kinds(asked)}+{rest.name}"

    def identify(self, text: str) -> Identified:
        bare = _bare(text)
        script = dominant_script(bare)
        if not script:
            return Identified(UNKNOWN, 0.0, "script")
        for found in _voices(self._asked, bare, script):
            if found.language != UNKNOWN:
                return found
        return self._rest.identify(text)


class _Vote:
    """All that there are have a voice; when no language has more than all others, pycld2 and py3langid decide by themselves."""

    def __init__(self, likely: _Likely, asked: Sequence[_Named]) -> None:
        self._likely = likely
        self._cascade = _Cascade(likely)
        self._asked = asked
        self.name = f"{_kinds(asked)}+{self._cascade.name}"

    def identify(self, text: str) -> Identified:
        bare = _bare(text)
        script = dominant_script(bare)
        if not script:
            return Identified(UNKNOWN, 0.0, "script")
        voices = _voices(self._asked, bare, script)
        guess = pycld2_guess(bare)
        if guess is not None:
            voices.append(Identified(self._likely.code(guess, "pycld2", script), guess.score, "pycld2"))
        if self._likely.py3langid.labels:
            voices.append(self._likely.ask_py3langid(bare, script))
        counts = Counter(voice.language for voice in voices)
        first, *others = counts.most_common(2)
        if others and others[0][1] == first[1]:
            return self._cascade.identify(text)
        sides = sorted(voice.backend for voice in voices if voice.language == first[0])
        return Identified(first[0], first[1] / len(voices), "+".join(sides))


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


def _kinds(asked: Iterable[_Named]) -> str:
    return "+".join(sorted({one.kind for one in asked}))


def _voices(asked: Iterable[_Named], text: str, script: str) -> list[Identified]:
    """What each says, `und` where it says a language that it was not named for, or one of another script."""
    voices = []
    for one in asked:
        guess = one.asked.guess(text)
        code = one.codes.get(guess.language, UNKNOWN)
        voices.append(Identified(code if may_be(code, script) else UNKNOWN, guess.score, one.kind))
    return voices


def _bare(text: str) -> str:
    """A short text without placeholders and addresses: `%(name)s` is English to an identifier, and half of a button."""
    return without_placeholders(text) if len(text) <= _SHORT else text

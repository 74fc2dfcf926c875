"""Text: where it came from, documents, and the verdicts on what was dropped."""

from __future__ import annotations

from typing import Literal

from mintza.records.base import Record

Split = Literal["train", "held-out"]
Unit = Literal["document", "paragraph", "conversation", "line"]


class IdentifierFile(Record, frozen=True, kw_only=True):
    """A language identifier that lies in a file.

    kind: `ngrams` (learned by `mintza corpus identifier`) or `glotlid` (a model of fastText).  file: absolute path; it
    bears on no key.  sha256: of its content.  label: how it calls the language.
    role: `first` (its yes counts, for all else the built-in ones are asked), `vote` (one voice among all) or `only`.
    """

    kind: Literal["ngrams", "glotlid"]
    file: str
    sha256: str
    label: str
    role: Literal["first", "vote", "only"] = "first"


class Variety(Record, frozen=True, kw_only=True):
    """An orthography or dialect of a language. name: its label.  words: forms that tell it from the others, lower case.

    patterns: regular expressions that do, looked for in lower case.
    """

    name: str
    words: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


class Language(Record, frozen=True, kw_only=True):
    """A language as its folder describes it.

    code: ISO 639-3 and script, `eus_Latn`.  bcp47: `eu`.  name: in English.  endonym: in itself.
    direction: of writing.  neighbours: codes of languages its text is likely mixed with.
    pycld2, py3langid: how each identifier calls it, None when it does not know it.
    sentence_end: characters a finished text may end in.
    refusal_phrases, identity_phrases: lower case, by which an assistant refuses or names itself.
    sample_system_prompt, chat_system_prompt: in the language.  register: for translators, in English.
    models: identifiers in files.  varieties: its orthographies and dialects that are told apart.
    """

    code: str
    bcp47: str
    name: str
    endonym: str
    direction: Literal["ltr", "rtl"]
    neighbours: tuple[str, ...]
    pycld2: str | None
    py3langid: str | None
    sentence_end: str
    refusal_phrases: tuple[str, ...]
    identity_phrases: tuple[str, ...]
    sample_system_prompt: str
    chat_system_prompt: str
    register: str
    models: tuple[IdentifierFile, ...] = ()
    varieties: tuple[Variety, ...] = ()


class Step(Record, frozen=True, kw_only=True):
    """One thing that was done to a record. done: `sampled`, `translated`.  by: model name.  revision: of the model."""

    done: str
    by: str | None = None
    revision: str | None = None


class Provenance(Record, frozen=True, kw_only=True):
    """Where a record came from. source: name of the source.  license: SPDX id.  url: if any.  steps: in order."""

    source: str
    license: str
    url: str | None = None
    steps: tuple[Step, ...] = ()


class Document(Record, frozen=True, kw_only=True):
    """A text of the corpus.

    id: `source/path`, unique in the corpus.  text: NFC, paragraphs separated by an empty line.
    language: code.  language_score: share of its letters in paragraphs of that language, 0 to 1.
    language_backend: which identifier said so.  split: train or held-out.  cluster: id of its duplicate cluster.
    variety: orthography or dialect, as the language's folder names it; empty when none shows.
    """

    id: str
    text: str
    language: str
    language_score: float
    language_backend: str
    split: Split
    cluster: str
    provenance: Provenance
    variety: str = ""


class ParallelSegment(Record, frozen=True, kw_only=True):
    """The same passage in two languages. id: `source/page#paragraph`.  source, target: the texts, each in its language."""

    id: str
    source_language: str
    target_language: str
    source: str
    target: str
    provenance: Provenance


class Verdict(Record, frozen=True, kw_only=True):
    """What a step said of a record, and why.

    record_id: of the record; `id#3` is its third paragraph.  unit: what was judged.  step: name of the filter or check.
    kept: False when it was dropped.  reason: in a few words, the same for the same cause, so that reasons can be counted.
    value, threshold: what was measured and the limit, if any.  excerpt: the first 300 characters of what was judged.
    """

    record_id: str
    unit: Unit
    step: str
    kept: bool
    reason: str
    value: float | None = None
    threshold: float | None = None
    excerpt: str = ""

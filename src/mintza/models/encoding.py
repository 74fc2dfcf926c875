"""Encoding a rendering as a model will meet it: whole, with no token across an edge of loss and no control token that somebody typed."""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from mintza.models.templates import Span

CUT = "\ue000cut\ue001"
"""A special token of one copy of the tokenizer, of private characters: text is encoded as if it ended and began there."""

_SHORT = 80


class _Found(NamedTuple):
    """Tokens of a text. starts, ends: where each lies in it, in characters."""

    ids: list[int]
    starts: list[int]
    ends: list[int]


class SpanEncoder:
    """Encodes the spans of renderings. written: the tokenizer as JSON.  read: makes one of `tokenizers` from that.

    The ids are those of the whole text wherever that is possible. It is cut in two only where it must be: at the beginning or end of
    loss, when a token would lie across it or the prompt alone would be encoded otherwise; and inside of what looks like a control
    token in somebody's words.
    """

    def __init__(self, written: str, read: Callable[[str], Any]) -> None:
        from tokenizers import AddedToken

        self._whole = read(written)
        self._plain = read(written)
        self._plain.encode_special_tokens = True
        self._cutting = read(written)
        self._cutting.add_special_tokens([AddedToken(CUT, normalized=False, special=True)])
        self._cut = self._cutting.token_to_id(CUT)
        special = {t["content"]: t["id"] for t in json.loads(written).get("added_tokens", []) if t.get("special")}
        self._special = frozenset(special.values())
        longest_first = sorted(filter(None, special), key=len, reverse=True)
        self._typed = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        self._of_prompt = lru_cache(4096)(self._ids)

    def encode(self, many: Sequence[Sequence[Span]]) -> list[list[list[int]]]:
        """Ids of each span of each rendering; a token across two spans of the same kind of loss is the first one's."""
        texts = ["".join(span.text for span in spans) for spans in many]
        encoded = self._whole.encode_batch(texts, add_special_tokens=False)
        return [
            self._checked(spans, text, _found(of_text.ids, of_text.offsets))
            for spans, text, of_text in zip(many, texts, encoded, strict=True)
        ]

    def _checked(self, spans: Sequence[Span], text: str, found: _Found) -> list[list[int]]:
        places = [0, *accumulate(len(span.text) for span in spans)]
        edges = [
            place for (one, other), place in zip(pairwise(spans), places[1:], strict=False) if one.loss != other.loss
        ]
        beginnings = [edge for edge in edges if spans[places.index(edge)].loss]
        cuts: set[int] = set()

        def needed() -> set[int]:
            unlike = self._unlike_prompt(text, found, beginnings)
            return {*self._typed_controls(spans, places, found), *_across(found, edges), *unlike}

        # A cut can move the tokens elsewhere, so that another one is needed.
        while more := needed() - cuts:
            if CUT in text:
                return self._apart(spans)
            cuts |= more
            found = self._found_cut(text, sorted(cuts))
        if cuts and (self._typed_controls(spans, places, found) or _across(found, edges)):
            return self._apart(spans)
        firsts = [0, *(bisect_left(found.starts, place) for place in places[1:-1]), len(found.ids)]
        return [found.ids[first:last] for first, last in pairwise(firsts)]

    def _found_cut(self, text: str, cuts: Sequence[int]) -> _Found:
        """The tokens of a text that ends and begins again at each of these places."""
        marked = CUT.join(text[start:end] for start, end in pairwise((0, *cuts, len(text))))
        encoded = self._cutting.encode(marked, add_special_tokens=False)
        ids, offsets = [], []
        before = 0
        for token, (start, end) in zip(encoded.ids, encoded.offsets, strict=True):
            if token == self._cut:
                before += len(CUT)
            else:
                ids.append(token)
                offsets.append((start - before, end - before))
        return _found(ids, offsets)

    def _typed_controls(self, spans: Sequence[Span], places: Sequence[int], found: _Found) -> list[int]:
        """Where to cut so that no control token begins in somebody's words; empty when none does."""
        controls = [found.starts[number] for number, token in enumerate(found.ids) if token in self._special]
        in_words = [place for place in controls if spans[bisect_right(places, place) - 1].content]
        if not in_words:
            return []
        typed = [
            place + match.start() + 1
            for place, span in zip(places, spans, strict=False)
            if span.content
            for match in self._typed.finditer(span.text)
        ]
        return typed or in_words

    def _unlike_prompt(self, text: str, found: _Found, beginnings: Iterable[int]) -> list[int]:
        """Beginnings of loss before which the tokens are not those of the prompt alone, from its last control token on."""
        unlike = []
        for edge in beginnings:
            last = bisect_left(found.starts, edge)
            first = next((n for n in range(last - 1, -1, -1) if found.ids[n] in self._special), 0)
            prompt = text[found.starts[first] if first else 0 : edge]
            alone = self._of_prompt(prompt) if len(prompt) <= _SHORT else self._ids(prompt)
            if alone != found.ids[first:last]:
                unlike.append(edge)
        return unlike

    def _apart(self, spans: Sequence[Span]) -> list[list[int]]:
        """Each span for itself: what is left when nothing else will do."""
        return [
            list((self._plain if span.content else self._whole).encode(span.text, add_special_tokens=False).ids)
            for span in spans
        ]

    def _ids(self, text: str) -> list[int]:
        return list(self._whole.encode(text, add_special_tokens=False).ids)


def _found(ids: list[int], offsets: Sequence[tuple[int, int]]) -> _Found:
    return _Found(ids, [start for start, _ in offsets], [end for _, end in offsets])


def _across(found: _Found, edges: Iterable[int]) -> list[int]:
    """Edges of loss that lie inside of a token."""
    befores = ((edge, bisect_left(found.starts, edge) - 1) for edge in edges)
    return [edge for edge, before in befores if before >= 0 and found.ends[before] > edge]

"""Comments in blocks of code: found in many languages of programming, open to a translator, and never at the cost of the code."""

from __future__ import annotations

import random
import re

import pytest

from mintza.text.comments import comments
from mintza.text.masks import mask, restore


def words(block: str) -> list[str]:
    return [block[start:end] for start, end in comments(block)]


@pytest.mark.parametrize(
    ("block", "found"),
    [
        ("```python\n# Add them\nx = 1  # the first one\n```", ["Add them", "the first one"]),
        ("```js\nlet a = 1; // a number\n// Say hello\n```", ["a number", "Say hello"]),
        ("```sql\nSELECT 1 -- only one\n```", ["only one"]),
        ("~~~lua\n-- greet people\nprint(1)\n~~~", ["greet people"]),
        ("```tex\n% draw it here\n\\draw\n```", ["draw it here"]),
        ("```lisp\n;; the whole list\n(list 1)\n```", ["the whole list"]),
        ("```\n# by hand\nls\n// and so\n```", ["by hand", "and so"]),
        ("```python\n# never closed", ["never closed"]),
        ("```py\n### Heading words ###\n```", ["Heading words ###"]),
    ],
)
def test_words_of_comments_are_found_without_their_marks(block: str, found: list[str]) -> None:
    assert words(block) == found


@pytest.mark.parametrize(
    "block",
    [
        "```bash\n#!/bin/sh\necho hi\n```",
        "```python\n# -*- coding: utf-8 -*-\nx = 1  # noqa: E501\n```",
        '```python\ns = "# not a comment"\n```',
        '```js\nfetch("https://example.org/a")\n```',
        "```python\nx = 1  # 2\n# ----\n```",
        "```c\n#include <stdio.h>\n```",
        "```brainfuck\n# nobody knows\n```",
        "```\nx = 1 # of what?\n```",
        "```ts\n// @ts-ignore the next line\n```",
    ],
)
def test_what_tools_read_what_is_quoted_and_what_has_no_words_is_no_comment(block: str) -> None:
    assert words(block) == []


PYTHON = "So:\n```python\n# Add 2 numbers\ndef f(a, b):  # see https://a.org\n    return a + b\n```\nand 7."


def test_comments_stay_open_between_marks_and_numbers_and_links_in_them_do_not() -> None:
    masked = mask(PYTHON, comments=True)
    assert masked.text == "So:\n⟦0⟧Add ⟦1⟧ numbers⟦2⟧see ⟦3⟧⟦4⟧\nand ⟦5⟧."
    assert masked.chains == ((0, 2, 4),)
    assert restore(*masked) == PYTHON
    assert mask(PYTHON).text == "So:\n⟦0⟧\nand ⟦1⟧."


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("⟦5⟧. Beraz:\n⟦0⟧Batu ⟦1⟧ zenbaki⟦2⟧ikusi ⟦3⟧⟦4⟧", True),
        ("⟦2⟧ikusi ⟦3⟧⟦0⟧Batu ⟦1⟧⟦4⟧ ⟦5⟧", False),
        ("⟦0⟧Batu\n ⟦1⟧ zenbaki⟦2⟧ikusi ⟦3⟧⟦4⟧ ⟦5⟧", False),
        ("⟦0⟧Batu\u2028 ⟦1⟧ zenbaki⟦2⟧ikusi ⟦3⟧⟦4⟧ ⟦5⟧", False),
        ("⟦0⟧Batu ```⟦1⟧ zenbaki⟦2⟧ikusi ⟦3⟧⟦4⟧ ⟦5⟧", False),
    ],
)
def test_a_block_whose_pieces_come_apart_is_no_translation(said: str, kept: bool) -> None:
    _, pieces, chains = mask(PYTHON, comments=True)
    assert (restore(said, pieces, chains) is not None) == kept


def test_ten_thousand_blocks_come_back_whole_and_their_code_is_the_same_whatever_the_comments_say() -> None:
    chance = random.Random(20261130)
    kinds = [("python", "#"), ("js", "//"), ("sql", "--"), ("", "#"), ("tex", "%"), ("nobody", "#")]
    lines = ["x = 1", "f('a # b')", '"unclosed', "", "    return 3,5", "// y", "# z", "print(`%s`)", "⟦0⟧", "-- w"]
    said = ["add these", "gehitu 2 zenbaki", "أضف هذا", "see https://a.org/b", "{name}", "100 %", "'quoted'", "noqa"]
    chains = 0
    for _ in range(10_000):
        kind, mark = chance.choice(kinds)
        code = [chance.choice(lines) for _ in range(chance.randint(0, 6))]
        told = [f"{line}  {mark} {chance.choice(said)}" if chance.random() < 0.5 else line for line in code]
        text = f"{chance.choice(said)}\n```{kind}\n" + "\n".join(told) + chance.choice(["\n```", "", "\n```\nbukatu 5"])
        masked = mask(text, comments=True)
        assert restore(*masked) == text
        chains += len(masked.chains)
        whole = restore(re.sub(r"[^\W\d_]+(?![^⟦]*⟧)", "hitza", masked.text), masked.pieces, masked.chains)
        assert whole is not None
        assert whole.count("\n") == text.count("\n")
        for line, now in zip(code, whole.split("\n")[2:], strict=False):
            assert now.startswith(line) or line.startswith(("#", "//", "--")), (text, whole)
    assert chains > 4_000

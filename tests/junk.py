"""What the web has instead of text, made of real text; shares no code with what it is to be told from."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Sequence

# Letters of four scripts, and what looks like them in another.
_LOOK_ALIKES = {
    **str.maketrans("aeopcxyikt", "аеорсхуікт"),
    **str.maketrans("αικνορτυχ", "aikvoptux"),
    **str.maketrans("аеорсхуікт", "aeopcxyikt"),
    **str.maketrans("հոսօց", "hnuog"),
}


def junk(texts: Sequence[str], seed: int, each: int = 20) -> dict[str, list[str]]:
    """Kind of junk -> pieces of it, made of the words and sentences of the texts."""
    luck = random.Random(seed)
    vocabulary = sorted({word.strip('.,;:!?()"') for text in texts for word in text.split() if len(word) > 3})
    sentences = [
        one.strip() for text in texts for one in text.replace("\n", " ").split(". ") if 5 < len(one.split()) < 25
    ]
    long = [text for text in texts if len(text.split()) > 30]

    def some(count: int) -> list[str]:
        return [luck.choice(vocabulary) for _ in range(count)]

    def shuffled(word: str) -> str:
        return "".join(luck.sample(word, len(word)))

    def disguised(word: str) -> str:
        return "".join(look_alike(one) if luck.random() < 0.4 else one for one in word)

    def looped(sentence: str) -> str:
        return sentence + ". " + " ".join([" ".join(sentence.split()[: luck.randint(2, 4)])] * luck.randint(15, 50))

    return {
        "menus": [
            "\n".join(" ".join(some(luck.randint(1, 3))) for _ in range(luck.randint(15, 60))) for _ in range(each)
        ],
        "bars": [" | ".join(" ".join(some(2)) for _ in range(luck.randint(15, 40))) for _ in range(each)],
        "keywords": [", ".join(some(luck.randint(30, 150))) for _ in range(each)],
        "keywords without commas": [" ".join(some(luck.randint(40, 150))) for _ in range(each)],
        "shuffled letters": [" ".join(map(shuffled, luck.choice(long).split())) for _ in range(each)],
        "mixed scripts": [" ".join(map(disguised, luck.choice(long).split())) for _ in range(each)],
        "one sentence": ["\n".join([luck.choice(sentences) + "."] * luck.randint(8, 30)) for _ in range(each)],
        "a template": [
            " ".join(f"{sentence} {luck.choice(vocabulary)} {number}." for number in range(luck.randint(8, 30)))
            for sentence in luck.sample(sentences, each)
        ],
        "a loop": [looped(sentence) for sentence in luck.sample(sentences, each)],
    }


def look_alike(letter: str) -> str:
    """What looks like it in another script; in a script that has no such letter, some Latin one, as bad optical reading has it."""
    other = letter.translate(_LOOK_ALIKES)
    if other != letter or letter.isascii() or not letter.isalpha() or _has_look_alikes(letter):
        return other
    return chr(ord("a") + ord(letter) % 26)


def _has_look_alikes(letter: str) -> bool:
    """Whether it is Latin, Greek, Cyrillic or Armenian: there letters that look like no other stay."""
    return unicodedata.name(letter, "").partition(" ")[0] in ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN")

"""Mask and restore on 10,000 generated messages: all comes back, and every damage to a placeholder is seen."""

from __future__ import annotations

import random
import re
from collections import Counter

from mintza.text.masks import mask, restore

# Written out by hand: the generator shares nothing with the patterns that find them.
KEPT = [
    *("```py\nfor i in range(3):\n    print(i)\n```", "~~~\nx\n\ny\n~~~", "`ls -l | wc`", "`a⟦3⟧b`"),
    *("$e^{i\\pi} = -1$", "$$\\sum_{k=1}^n k$$", "\\(a_1\\)", "\\[x^2\\]"),
    *("https://example.org/a?b=1&c=%20d", "http://ejemplo.es/ñ/página", "www.adibidea.eus/gida", "ana.b+c@posta.eus"),
    *("%s", "%(count)d", "%1$s", "{name}", "{{total}}", "${HOME}", "{0}"),
    *("1936", "3,5", "12:30", "1.000.000", "-7", "2/3"),
]
WORDS = [
    *("bread", "ogia", "árbol", "Straße", "çok", "дом", "σπίτι", "家", "パン", "مرحبا", "كتاب", "שלום", "ספר", "नमस्ते"),
    *("\u200fعربي\u200f", "\u202bעברית\u202c", "e\u0301", "👩‍🌾", "⟦", "⟧", "%", "$", "`", "\n", "\n\n", "- "),
]


def message(chance: random.Random) -> str:
    """Words of many scripts with what is to be kept among them, each between spaces."""
    parts = [
        chance.choice(KEPT) if chance.random() < 0.3 else chance.choice(WORDS) for _ in range(chance.randint(1, 30))
    ]
    return " ".join(parts)


def translated(text: str, chance: random.Random) -> str:
    """Another text in another order that keeps each mark once: what a model does that keeps placeholders."""
    marks = re.findall("⟦[0-9]+⟧", text)
    chance.shuffle(marks)
    said = [chance.choice(["itzulia", "مترجم", "мост", "訳"]) for _ in range(chance.randint(0, 9))]
    said += [mark.replace("⟦", "⟦ ").replace("⟧", " ⟧") if chance.random() < 0.1 else mark for mark in marks]
    chance.shuffle(said)
    return " ".join(said)


def damaged(text: str, count: int, chance: random.Random) -> str:
    """One mark lost, doubled, renumbered, invented, or torn."""
    marks = list(re.finditer(r"⟦\s*([0-9]+)\s*⟧", text))
    hit = chance.choice(marks)
    before, after = text[: hit.start()], text[hit.end() :]
    match chance.randrange(6):
        case 0:
            return before + after
        case 1:
            return text + hit.group()
        case 2:
            return before + f"⟦{(int(hit[1]) + 1) % count if count > 1 else 1}⟧" + after
        case 3:
            return text + f" ⟦{count}⟧"
        case 4:
            return before + hit.group()[:-1] + after
        case _:
            return before + hit.group().replace("⟦", "[").replace("⟧", "]") + after


def test_ten_thousand_messages_come_back_whole_and_every_damage_is_seen() -> None:
    chance = random.Random(20261123)
    masked_messages = damages = 0
    for _ in range(10_000):
        text = message(chance)
        masked = mask(text)
        assert restore(masked.text, masked.pieces) == text
        if not masked.pieces:
            continue
        masked_messages += 1
        told = translated(masked.text, chance)
        whole = restore(told, masked.pieces)
        assert whole is not None
        assert not (Counter(masked.pieces) - Counter(mask(whole).pieces)) or all(p in whole for p in masked.pieces)
        damages += 1
        assert restore(damaged(told, len(masked.pieces), chance), masked.pieces) is None, (text, told)
    assert masked_messages > 8_000
    assert damages == masked_messages


def test_what_is_to_be_kept_is_never_shown_to_the_model() -> None:
    chance = random.Random(7)
    for kept in KEPT:
        for _ in range(20):
            words = [chance.choice([w for w in WORDS[:16] if w]) for _ in range(4)]
            text = " ".join([*words[:2], kept, *words[2:]])
            assert kept in mask(text).pieces, text

"""Two scripts in one word are damage; two scripts in one text are not."""

from __future__ import annotations

import pytest

from mintza.text.scripts_in_words import mixed_words


@pytest.mark.parametrize(
    "text",
    [
        "Το LibreOffice είναι δωρεάν",
        "IT-компания eta Wi‑Fi сеть",
        "日本語のテキストとカタカナ",
        "한국어 漢字",
        "LibreOfficeで文書を開くとWriterが始まります",
        "ใช้LibreOfficeเปิดเอกสาร និងLibreOffice",
        "Δt, µm, kΩ eta 10µs",
        "ﬁn ª º ① ½ x² n̈ a̋b",
        "किताब में, می‌خواهم, שָׁלוֹם",
        "Ａｂｃ ABC",
        "בWindows הUSB של LibreOfficeის الWindows",
    ],
)
def test_scripts_side_by_side_signs_and_marks_are_no_damage(text: str) -> None:
    assert mixed_words(text)[0] == 0


def test_words_with_letters_of_two_scripts_are_counted() -> None:
    assert mixed_words("liburutеgia (Cyrillic e) eta ondo") == (1, 5)
    assert mixed_words("λιbρο γκρéκο") == (2, 2)
    assert mixed_words("LibreОfficeの文書") == (1, 2)
    assert mixed_words("Рaypal Windowsе") == (2, 2)
    assert mixed_words("შაxტის მაღaროს בWinדows") == (3, 3)
    assert mixed_words("") == (0, 0)
    assert mixed_words("1 2 !") == (0, 0)

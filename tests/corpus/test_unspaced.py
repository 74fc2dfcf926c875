"""Texts without spaces between words go through the stage like others: their length and their copies are of characters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mintza.records import Document, Verdict

Made = Callable[..., tuple[dict[str, Document], list[Verdict]]]
Write = Callable[[dict[str, str | bytes]], Path]

JAPANESE = (
    "山の小さな村に古い時計を直す人が住んでいて、毎朝早く店を開けると猫が窓のそばで待っていた。"
    "冬のある日、遠い町から来た娘が祖父の懐中時計を持って来て、もう一度動くところを見たいと言った。"
    "老人は三日のあいだ歯車を磨き、油をさし、四日目の朝に小さな音が戻ってきたのを聞いて静かに笑った。"
)
OTHER = "夏になると子供たちは川で泳ぎ、夕方には焼いた魚の匂いが通りに広がって、祭りの太鼓が遠くから聞こえてきた。"


def test_short_ones_go_long_ones_stay_and_near_copies_are_found(folder: Write, made: Made) -> None:
    base = folder(
        {
            "a.txt": JAPANESE,
            "b.txt": JAPANESE.replace("四日目", "五日目"),
            "c.txt": OTHER,
            "short.txt": "前の頁へ戻る",
        }
    )
    documents, verdicts = made(base, filters={"language": None})
    assert documents.keys() == {"texts/a.txt", "texts/c.txt"}
    said = {verdict.record_id: (verdict.step, verdict.value) for verdict in verdicts}
    assert said["texts/short.txt"] == ("length", 3)
    assert said["texts/b.txt"][0] == "near"

"""A study whose scripted model writes seven conversations in English and brings them into Basque, one of them badly."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import yaml

from tiny import SETTINGS

QUESTIONS = {
    "How do I clean a wooden table after dinner?": "Nola garbitu dezaket egurrezko mahaia afalostean?",
    "Name 3 vegetables that grow well in winter.": "Esan neguan ondo hazten diren ⟦0⟧ barazki.",
    "Why does the moon change its shape in 29 days?": "Zergatik aldatzen du ilargiak bere itxura ⟦0⟧ egunetan?",
    "Which tools do I need to mend a flat tyre?": "Zein tresna behar ditut gurpil zulatu bat konpontzeko, 100 euroren truke?",
    "Can you explain how bread rises in the oven?": "Azalduko al didazu nola hazten den ogia labean?",
    "What should I see in Bilbao in 2 days?": (
        "Zer ikusi beharko nuke Bilbon ⟦0⟧ egunetan, eguraldi txarra egiten badu eta dirurik ez badut?"
    ),
    "How far is it from Gasteiz to Iruña by train?": "Zenbateko bidea dago Gasteiztik Iruñara trenez?",
}
ANSWERS = {
    "Look at it closely first, and then do what is needed with care and without haste.": (
        "Begiratu lehenengo arretaz, eta egin gero behar dena kontuz eta presarik gabe."
    ),
    "That depends on the season, on the weather and on what you have at home today.": (
        "Hori urtaroaren, eguraldiaren eta gaur etxean duzunaren araberakoa da."
    ),
}


def _asked(turn: str) -> str:
    masked = re.escape(re.sub(r"\d+", "⟦0⟧", turn))
    return f"(?s)^system: .*[Tt]ranslat.*user: {masked}$"


def write_study(folder: Path, *, english: dict[str, str] | None = None, **changes: Any) -> Path:
    """The study in `folder`. english: other translations for questions.  changes: top-level keys in place of the tiny study's."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {**QUESTIONS, **ANSWERS, **(english or {})}
    # Asked to translate, it knows every turn; asked for an answer, it takes the next.
    rules: list[dict[str, Any]] = [
        {"asked": "chat", "where": "all", "when": _asked(one), "reply": other} for one, other in told.items()
    ]
    rules += [{"asked": "complete", "cycle": list(QUESTIONS)}, {"asked": "chat", "cycle": list(ANSWERS)}]
    (folder / "replies.yaml").write_text(yaml.safe_dump({"rules": rules}, allow_unicode=True), encoding="utf-8")
    study = copy.deepcopy(SETTINGS)
    study["instruct"] = {"sample": {"model": "script", "conversations": len(QUESTIONS)}, "filter": {"filters": []}}
    study["translate"] = {"translate": {"model": "script", "tries": 1, "form": "turn"}}
    study["tables"] = {"main": {"backbones": ["tiny"], "mixtures": ["corpus"], "seeds": [1]}}
    study.update(changes)
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(study, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path

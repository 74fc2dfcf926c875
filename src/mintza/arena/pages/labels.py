"""What stored codes are called on the pages. A label is never stored."""

from __future__ import annotations

from mintza.arena.battles.controls import is_control
from mintza.arena.pages.messages import N_
from mintza.arena.words import Words

LEVELS = {
    "A1": N_("A1, beginner"),
    "A2": N_("A2, elementary"),
    "B1": N_("B1, intermediate"),
    "B2": N_("B2, upper intermediate"),
    "C1": N_("C1, advanced"),
    "C2": N_("C2, proficient"),
    "native": N_("My first language"),
}
EDUCATION = {
    "none": N_("None finished"),
    "primary": N_("Primary school"),
    "secondary": N_("Secondary school"),
    "vocational": N_("Vocational training"),
    "university": N_("University"),
    "doctorate": N_("Doctorate"),
}
CRITERIA = {
    "overall": N_("Overall"),
    "content": N_("Content"),
    "language": N_("Language"),
}
STEPS = {
    "control": N_("one answer was planted"),
    "names_model": N_("an answer named a model"),
    "failed": N_("an answer was not whole"),
    "empty": N_("an answer was empty"),
    "cut": N_("an answer was cut at its limit"),
    "hidden": N_("taken out by staff"),
    "speed": N_("sooner than an answer is read"),
    "controls": N_("planted answers not found worse"),
    "side": N_("always the same side"),
    "one_model": N_("always for or against one model"),
    "cohort": N_("many who joined together, for or against one model"),
}
PLANTED = N_("nobody: words in disorder, planted to see whether votes are made with care")


def called(words: Words, model: str) -> str:
    """A model's name, or what a planted answer is."""
    return words(PLANTED) if is_control(model) else model


STATES = {
    "running": N_("Being written"),
    "complete": N_("Complete"),
    "cut": N_("Cut at its limit"),
    "stopped": N_("Stopped"),
    "empty": N_("No answer"),
    "failed": N_("No answer"),
    "interrupted": N_("Interrupted"),
}
REPORTS = {
    "harmful": N_("Harmful or offensive"),
    "private": N_("Personal data of somebody"),
    "broken": N_("Something does not work"),
    "other": N_("Something else"),
}
ACTS = {
    "pause": N_("paused a model"),
    "resume": N_("let a model back"),
    "campaign": N_("made a campaign"),
    "close campaign": N_("ended a campaign"),
    "hide": N_("took a battle out"),
    "show": N_("let a battle back"),
    "resolve": N_("laid a report aside"),
    "hide voter": N_("took a voter's votes out"),
    "show voter": N_("let a voter's votes back"),
    "overrule": N_("overruled a check of"),
    "uphold": N_("let a check hold again for"),
    "overrule import": N_("took over, with the votes, that a check is overruled for"),
    "reset link": N_("made a link for a new password"),
    "export": N_("exported"),
    "staff": N_("made somebody staff"),
    "no staff": N_("made somebody staff no longer"),
}
FAILURES = {
    "unreachable": N_("cannot be reached"),
    "http": N_("answers with HTTP status"),
    "finish": N_("ends with the reason"),
    "slow_first": N_("does not begin in time"),
    "stalled": N_("falls silent in the middle"),
    "too_slow": N_("does not come to its end in time"),
    "not_a_stream": N_("sends no stream of events"),
    "error_in_stream": N_("tells of an error"),
    "unfinished": N_("breaks off"),
    "too_long": N_("does not stop at its limit"),
    "empty": N_("says nothing"),
    "internal": N_("an error of the arena itself"),
}


def failure(words: Words, why: str) -> str:
    """What a code of a model's failure is called; of a status its number follows, of another end what the server calls it."""
    kind, _, said = why.partition("_")
    if kind in ("http", "finish"):
        return f"{words(FAILURES[kind])} {said}"
    return words(FAILURES[why]) if why in FAILURES else why

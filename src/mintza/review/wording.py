"""What codes are called on the pages. Each is English, the source; `N_` marks it for the catalogues."""

from __future__ import annotations


def N_(message: str) -> str:  # noqa: N802
    """The message itself: gettext's own name for what is translated later."""
    return message


ROLES = {"system": N_("Instruction to the assistant"), "user": N_("Person"), "assistant": N_("Assistant")}
CHECKS = {
    "turns": N_("number of turns"),
    "empty": N_("empty turns"),
    "placeholders": N_("numbers, links or code"),
    "refusal": N_("a refusal, or talk of itself"),
    "length_ratio": N_("length beside the original"),
    "copied": N_("share copied from the original"),
    "language": N_("share in the language"),
    "repetition": N_("share that repeats itself"),
    "question": N_("questions that are none any more"),
    "round_trip": N_("likeness when translated back"),
}
OBJECTIONS = {
    "meaning": N_("The meaning is another"),
    "unnatural": N_("Nobody would say it so"),
    "language": N_("Not in the language"),
    "register": N_("Wrong register or variety"),
    "form": N_("Broken form: code, lists, numbers"),
    "unsafe": N_("Harmful or private"),
    "other": N_("Something else"),
}
DECISIONS = {
    "accepted": N_("accepted"),
    "edited": N_("edited"),
    "rejected": N_("rejected"),
    "skipped": N_("skipped"),
}
SAVED = {
    "accepted": N_("Saved: accepted."),
    "edited": N_("Saved: your edit."),
    "rejected": N_("Saved: rejected."),
    "skipped": N_("Skipped; somebody else will read it."),
    "undone": N_("Your last decision is taken back."),
    "nothing": N_("There is nothing to take back."),
}
EMPTY_TURN = N_("A turn is empty that says something in what you read. Reject the conversation instead, or write it.")
ODD_PIECES = N_("Numbers, links or code differ from the original now. Save again if that is meant.")
UNDECIDED = N_("Choose what becomes of it: accept, save the edit, reject or skip.")
NO_REASON = N_("Choose a reason.")
FORGED = N_("This form was not sent from this page, or the page is old. Go back, load it again and decide again.")
NOT_THERE = N_("There is no such page.")
NO_KEY = N_("That is not the key.")
BAD_NAME = N_("A pseudonym has 1 to 30 letters, digits, spaces, dots or hyphens.")
BAD_FORM = N_("The form could not be read.")
NOT_SAVED = N_("It could not be saved; nothing was added. Whoever runs this page can read why. Go back and try again.")
WRONG_HOST = N_("This page is not served under that name.")

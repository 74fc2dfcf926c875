"""What each code says to a person. The words are marked here and translated where they are shown."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a text that is translated elsewhere
    """Mark a text for translation."""
    return text


MESSAGES = {
    "already_voted": N_("You have judged this battle already."),
    "arena_closed": N_("The arena is closed at the moment. Please come back later."),
    "bad_form": N_("Something in the form is not as it should be. Please try again."),
    "bad_login": N_("That name and password do not belong together."),
    "battle_expired": N_("This battle is too old to be judged. Please start a new one."),
    "campaign_dates": N_("A campaign ends after it begins; write dates as 2026-12-31 or 2026-12-31 18:00."),
    "campaign_goal": N_("A goal is a number of votes."),
    "campaign_models": N_("Name two models at least, as they are called here, or none for all."),
    "campaign_title": N_("A campaign has a title."),
    "cannot_retry": N_("This question cannot be asked again. Please start a new battle."),
    "consent_needed": N_("Please read what you agree to before you go on."),
    "database_down": N_("We cannot keep anything at the moment, so nothing was saved. Please try again in a minute."),
    "forged": N_("This page is too old, or the request did not come from it. Please load the page again."),
    "level_unknown": N_("Please choose one of the answers."),
    "mail_form": N_("That is not an e-mail address."),
    "models_missing": N_("There are not enough models at the moment. Please come back later."),
    "name_characters": N_(
        "A name is made of letters and digits, with single spaces, hyphens, dots or apostrophes between them."
    ),
    "name_length": N_("A name has between 2 and 30 characters."),
    "name_taken": N_("Somebody has this name, or one that looks the same. Please choose another."),
    "no_guests": N_("Please make an account first."),
    "no_such_account": N_("There is no such account, or it belongs to staff."),
    "no_such_finding": N_("That check leaves out no votes of that voter, or is overruled already."),
    "no_such_overruling": N_("That check is not overruled for that voter."),
    "no_such_votes": N_("There is no battle and no voter of that name, or nothing of theirs to change."),
    "no_such_battle": N_("There is no such battle."),
    "not_a_vote": N_("Please answer both questions."),
    "not_found": N_("There is no such page."),
    "not_logged_in": N_("Please log in first."),
    "not_qualified": N_("Thank you for your interest. Judging needs a good command of the language."),
    "not_staff": N_("This page is for those who run the arena."),
    "not_votable": N_("There is nothing to judge yet: both answers have to be complete."),
    "not_your_battle": N_("This is not one of your battles."),
    "overall_needed": N_("Content and language point to different answers. Please say which is better overall."),
    "overall_not_asked": N_("Overall follows from the other two here."),
    "password_weak": N_("A password has at least 10 characters, and is not your name."),
    "prompt_empty": N_("Please write something first."),
    "prompt_long": N_("This is too long. Please shorten it."),
    "qualification_needed": N_("Please answer one question first."),
    "ranking_closed": N_("The ranking is not public yet."),
    "reason_length": N_("The reason is too long."),
    "reset_not_good": N_("This link was used already, or is too old. Please ask for a new one."),
    "server_error": N_("Something went wrong on our side. Please try again."),
    "too_large": N_("This is too large."),
    "too_many": N_("That was a lot in a short time. Please wait a moment."),
    "too_many_live": N_("Another of your battles is still being answered. Please wait for it."),
    "too_many_turns": N_("This battle is long enough. Please judge it."),
    "try_again": N_("Not quite. You have another try."),
    "turn_is_there": N_("This question has been asked already. Please load the page again."),
    "turn_not_complete": N_("The answers before have to be complete first."),
    "why_missing": N_("Please give a reason."),
}


def message(code: str) -> str:
    """The words of a code, in English."""
    return MESSAGES.get(code, MESSAGES["server_error"])

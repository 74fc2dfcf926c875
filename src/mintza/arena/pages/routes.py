"""Every address of the arena, in one table."""

from __future__ import annotations

from mintza.arena.pages import account, battle, joining, leaving_out, service, staff, standing, voting
from mintza.arena.visit import Route

_PROMPT = {"type": "string", "minLength": 1}
_CHOICE = {"type": "string", "enum": ["a", "tie", "b"]}
_TURN = {
    "type": "object",
    "required": ["battle", "turn"],
    "properties": {"battle": {"type": "string"}, "turn": {"type": "integer", "minimum": 1}},
}
_SIDES = {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
_SAVED = {"type": "object", "required": ["saved"], "properties": {"saved": {"const": True}}}
_VOTED = {
    "type": "object",
    "required": ["saved", "overall"],
    "properties": {"saved": {"const": True}, "overall": _CHOICE, "models": _SIDES},
}

ROUTES: tuple[Route, ...] = (
    Route("GET", "/", standing.landing, "What this is"),
    Route("GET", "/join", joining.join_page, "Make an account"),
    Route("POST", "/join", joining.join, "Make an account"),
    Route("POST", "/guest", joining.guest, "Take part without an account"),
    Route("GET", "/login", joining.login_page, "Log in"),
    Route("POST", "/login", joining.login, "Log in"),
    Route("POST", "/logout", joining.logout, "Log out"),
    Route("GET", "/forgotten", joining.forgotten_page, "A new password"),
    Route("POST", "/forgotten", joining.forgotten, "A new password"),
    Route("GET", "/reset/{token}", joining.reset_page, "A new password"),
    Route("POST", "/reset/{token}", joining.reset, "A new password"),
    Route("GET", "/consent", account.consent_page, "What people agree to"),
    Route("POST", "/consent", account.agree, "Agree", needs="person"),
    Route("GET", "/qualification", account.question_page, "One question first", needs="person"),
    Route("POST", "/qualification", account.answer_question, "One question first", needs="consent"),
    Route("GET", "/me", account.me, "What we hold of you", needs="person"),
    Route("GET", "/me/data", account.data, "Everything we hold of you, as a file", needs="person"),
    Route("POST", "/me/email", account.set_email, "Another e-mail address, or none", needs="person"),
    Route("POST", "/me/withdraw", account.withdraw, "Withdraw consent", needs="person"),
    Route("POST", "/me/erase", account.erase, "Erase me", needs="person"),
    Route("GET", "/battle", battle.new_page, "A new battle", needs="voter"),
    Route("GET", "/battle/{token}", battle.page_of, "A battle under way", needs="voter"),
    Route(
        "POST",
        "/api/battles",
        battle.begin,
        "Begin a battle: a prompt goes to two models",
        needs="voter",
        form={
            "type": "object",
            "required": ["prompt", "key"],
            "properties": {"prompt": _PROMPT, "key": {"type": "string", "minLength": 8, "maxLength": 64}},
        },
        gives=_TURN,
        status=(201, 200),
    ),
    Route(
        "POST",
        "/api/battles/{token}/turns",
        battle.turn,
        "One more turn with the same two models",
        needs="voter",
        form={
            "type": "object",
            "required": ["prompt", "number"],
            "properties": {"prompt": _PROMPT, "number": {"type": "integer", "minimum": 2}},
        },
        gives=_TURN,
        status=(201, 200),
    ),
    Route(
        "POST",
        "/api/battles/{token}/retry",
        battle.retry,
        "Ask the last turn again",
        needs="voter",
        form={"type": "object"},
        gives=_TURN,
    ),
    Route(
        "POST",
        "/api/battles/{token}/stop",
        battle.stop,
        "Stop the answers",
        needs="voter",
        form={"type": "object"},
        gives={"type": "object", "required": ["battle"], "properties": {"battle": {"type": "string"}}},
    ),
    Route(
        "GET", "/api/battles/{token}/turns/{number}/events", battle.events, "Both answers as one stream", needs="voter"
    ),
    Route(
        "POST",
        "/api/battles/{token}/vote",
        voting.vote,
        "Judge the battle, once",
        needs="voter",
        form={
            "type": "object",
            "required": ["content", "language"],
            "properties": {
                "content": _CHOICE,
                "language": _CHOICE,
                "overall": {**_CHOICE, "type": ["string", "null"], "enum": ["a", "tie", "b", None]},
                "both_bad": {"type": "boolean"},
                "reason": {"type": ["string", "null"], "maxLength": 2000},
            },
        },
        gives=_VOTED,
    ),
    Route(
        "POST",
        "/api/battles/{token}/report",
        voting.report,
        "Report a problem",
        needs="voter",
        form={
            "type": "object",
            "required": ["kind"],
            "properties": {
                "kind": {"type": "string", "enum": list(voting.KINDS)},
                "note": {"type": "string", "maxLength": voting.LONGEST_NOTE},
            },
        },
        gives=_SAVED,
        status=(201,),
    ),
    Route("GET", "/leaderboard", standing.leaderboard, "The ranking"),
    Route("GET", "/contributors", standing.contributors, "Who gave votes, and wishes to be named"),
    Route("POST", "/me/listed", standing.list_me, "Be named, or not", needs="person"),
    Route("GET", "/staff", staff.overview, "Health, models, acts", needs="staff"),
    Route("POST", "/staff/models", staff.pause, "Pause a model, or let it back", needs="staff"),
    Route("GET", "/staff/campaigns", staff.campaigns_page, "Campaigns", needs="staff"),
    Route("POST", "/staff/campaigns", staff.new_campaign, "A new campaign", needs="staff"),
    Route("POST", "/staff/campaigns/close", staff.close_campaign, "End a campaign", needs="staff"),
    Route("GET", "/staff/reports", staff.reports_page, "What people reported", needs="staff"),
    Route("POST", "/staff/reports", staff.moderate, "Hide, show, lay aside", needs="staff"),
    Route("GET", "/staff/votes", leaving_out.votes_page, "What is left out, and why; a voter's votes", needs="staff"),
    Route("POST", "/staff/votes", leaving_out.leave_out, "Leave votes out, or let them back", needs="staff"),
    Route("POST", "/staff/checks", leaving_out.overrule, "Overrule a check for a voter, or let it hold", needs="staff"),
    Route("GET", "/staff/people", staff.people_page, "Links for new passwords, draws", needs="staff"),
    Route("POST", "/staff/people", staff.make_reset, "A link for a new password", needs="staff"),
    Route("GET", "/staff/export", staff.export, "What would be published", needs="staff"),
    Route("GET", "/metrics", staff.metrics, "For Prometheus"),
    Route("GET", "/static/{name}", service.static, "Style and script"),
    Route("GET", "/health", service.health, "Whether the arena can keep what it is told"),
    Route("GET", "/ready", service.ready, "Whether battles can begin"),
    Route("GET", "/robots.txt", service.robots, "For crawlers"),
)

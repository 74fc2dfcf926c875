"""What a study, or a file of its own, may say of its arena."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mintza.settings import Settings

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$", max_length=80)]
Tag = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=20)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Count = Annotated[int, Field(ge=1)]

LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2", "native")
EDUCATION = ("none", "primary", "secondary", "vocational", "university", "doctorate")


class Timeouts(Settings):
    """How long an endpoint may take, in seconds. connect: to be reached.  first: until its first words.

    stall: between two pieces.  total: for a whole answer.
    """

    connect: Seconds = 5.0
    first: Seconds = 30.0
    stall: Seconds = 20.0
    total: Seconds = 180.0


class Endpoint(Settings):
    """Where a model is. url: up to and with `/v1`.  key_env: the environment variable that holds its key.

    connections: at a time.  timeouts: how long it may take.
    """

    url: Annotated[str, Field(pattern=r"^https?://")]
    key_env: str | None = None
    connections: Annotated[int, Field(ge=1, le=4096)] = 64
    timeouts: Timeouts = Timeouts()


class ArenaModel(Settings):
    """One model that people may meet. model: as its server calls it.

    system_prompt: None for the language's own with the day's date; `{date}` in it becomes that date.
    temperature, top_p, max_tokens: as it is asked, recorded with each battle.  words: other names by which it may give itself away.
    paused: it stays on record and is not drawn.
    """

    model: str
    system_prompt: str | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.7
    top_p: Annotated[float, Field(gt=0, le=1)] = 0.95
    max_tokens: Annotated[int, Field(ge=1, le=32768)] = 2048
    words: tuple[str, ...] = ()
    paused: bool = False
    execution: Endpoint


class Consent(Settings):
    """What people agree to. version: raise it with the text, and everybody is asked again.

    text: interface language -> a Markdown file, from the arena's file, in which `{licence}` and `{contact}` are filled in; empty for the
    packaged template.
    """

    version: Annotated[str, Field(min_length=1, max_length=40)] = "1"
    text: dict[Tag, str] = Field(default_factory=dict)


class Qualification(Settings):
    """One question in the language that a voter answers first. right: index of the right choice, from 0.  tries: before no more."""

    question: str
    choices: tuple[str, ...] = Field(min_length=2, max_length=8)
    right: Annotated[int, Field(ge=0)]
    tries: Annotated[int, Field(ge=1, le=10)] = 2

    @model_validator(mode="after")
    def _right_is_a_choice(self) -> Qualification:
        if self.right >= len(self.choices):
            raise ValueError(f"right is {self.right}, and there are {len(self.choices)} choices, counted from 0")
        return self


class Participation(Settings):
    """What is asked of people. guests: without an account.  email: may be given, sealed, for a reset of the password and for prizes.

    level, education: whether each is asked; an answer is never required.  qualification: None for no question.
    """

    guests: bool = False
    email: bool = False
    level: bool = True
    education: bool = True
    qualification: Qualification | None = None


class Voting(Settings):
    """How people judge. reveal: the models' names, after the vote.  reason, both_bad: whether each may be given."""

    reveal: bool = True
    reason: bool = True
    both_bad: bool = True


class BattleSettings(Settings):
    """One battle. turns: at most.  prompt_characters: of one turn.  hours: in which it can be judged.

    flush_ms: the common clock by which both answers appear.  characters: of each answer at one tick of it, at most.
    retries: of a turn that failed.  swaps: of models that failed on the first turn.
    """

    turns: Annotated[int, Field(ge=1, le=50)] = 10
    prompt_characters: Annotated[int, Field(ge=10, le=100_000)] = 4000
    hours: Annotated[float, Field(gt=0, le=720)] = 24.0
    flush_ms: Annotated[int, Field(ge=20, le=1000)] = 150
    characters: Annotated[int, Field(ge=1, le=2000)] = 60
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    swaps: Annotated[int, Field(ge=0, le=10)] = 2


class Limits(Settings):
    """How much at most, in an hour. A session and an address are each counted; many people may share an address.

    turns_session, turns_address: questions put to models.  signs_address: sign-ups and guests.
    logins_address: attempts.  requests_minute: of any kind, an address, in a minute.  live_battles: of one person, at a time.
    """

    turns_session: Count = 120
    turns_address: Count = 2000
    signs_address: Count = 60
    logins_address: Count = 120
    requests_minute: Count = 3000
    live_battles: Count = 2


class Fair(Settings):
    """What keeps votes fair. uniform: share of pairs drawn blindly, the others where the ranking is least sure.

    controls: share of battles in which one answer is planted, its words in disorder.  checked_after: votes of a person before
    any check of them counts.  seconds: less than that, from the answers' end to the vote, in half of a person's votes is too fast.
    cut_answers: `leave_out` of the ranking votes on an answer that max_tokens cut, or `count` them as any other's.
    controls_missed: share of controls in which the planted answer was not found worse, over which a person's votes do not count.
    chance: how unlikely a person's votes for one side, or one model, must be before they do not count.  every_s: between two looks.
    """

    uniform: Annotated[float, Field(ge=0, le=1)] = 0.2
    controls: Annotated[float, Field(ge=0, le=0.5)] = 0.05
    cut_answers: Literal["leave_out", "count"] = "leave_out"
    checked_after: Count = 8
    seconds: Annotated[float, Field(ge=0, le=60)] = 3.0
    controls_missed: Annotated[float, Field(ge=0, le=1)] = 0.5
    chance: Annotated[float, Field(gt=0, le=0.05)] = 1e-3
    every_s: Seconds = 30.0


class Leaderboard(Settings):
    """The ranking. public: for everybody, or for staff alone.  replicas: of the bootstrap by voter.  level: of the intervals."""

    public: bool = True
    replicas: Annotated[int, Field(ge=100, le=10_000)] = 1000
    level: Annotated[float, Field(ge=0.5, lt=1)] = 0.9


class Prize(Settings):
    """What somebody can win. by: `raffle` draws among tickets, `most` gives it to who judged most.  winners: how many there are."""

    text: Annotated[str, Field(min_length=1, max_length=200)]
    by: Literal["raffle", "most"] = "raffle"
    winners: Annotated[int, Field(ge=1, le=1000)] = 1


class Encouraging(Settings):
    """What thanks people. goal: votes that the arena hopes for, None for none said (a campaign has its own).

    contributors: a table of who wishes to be in it.  votes_a_ticket: valid votes for one ticket of the raffle.  prizes: none, no raffle.
    """

    goal: Count | None = None
    contributors: bool = True
    votes_a_ticket: Count = 10
    prizes: tuple[Prize, ...] = ()


class Publishing(Settings):
    """What leaves the arena. licence: of the published data, a name that the consent gives too.

    masks: a file of names and phrases, a line each, that are masked wherever they stand; from the arena's file.
    """

    licence: Annotated[str, Field(min_length=1, max_length=200)] = "CC BY 4.0"
    masks: str | None = None


class Retention(Settings):
    """What is not kept for ever, in days; None for what is. unjudged: battles without a vote.  guests: without a visit, erased.

    accounts: without a visit, erased; votes stay, and lead to nobody.
    """

    unjudged: Count | None = 90
    guests: Count | None = 180
    accounts: Count | None = None


class Mail(Settings):
    """How a reset of a password is sent. user, password_env: for a server that asks.  starttls: before anything is said."""

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    sender: str
    user: str | None = None
    password_env: str | None = None
    starttls: bool = True


class ArenaExecution(Settings):
    """How the arena runs here. data: folder of its database and secrets, from the arena's file.

    address: where people reach it, `https://arena.example.org`; None for where it listens.
    trusted_proxies: networks whose X-Forwarded-For is believed.  secure_cookies: None for when `address` begins with https.
    email_key_env, email_key_file: hold the key that seals e-mail addresses.  mail: None shows resets to staff alone; needs `address`.
    readers: database threads that only read (SQLite), or connections in all (PostgreSQL).
    metrics_from: networks from which /metrics is answered.
    """

    data: str = "arena-data"
    address: Annotated[str, Field(pattern=r"^https?://[^/]+$")] | None = None
    trusted_proxies: tuple[str, ...] = ()
    secure_cookies: bool | None = None
    email_key_env: str = "MINTZA_ARENA_EMAIL_KEY"
    email_key_file: str | None = None
    mail: Mail | None = None
    readers: Annotated[int, Field(ge=1, le=64)] = 6
    metrics_from: tuple[str, ...] = ("127.0.0.0/8", "::1")

    @model_validator(mode="after")
    def _letters_have_an_address(self) -> ArenaExecution:
        if self.mail is not None and self.address is None:
            raise ValueError("a letter's link begins with the address where people reach the arena: say address")
        return self

    @property
    def secure(self) -> bool:
        """Whether cookies go over https alone."""
        if self.secure_cookies is not None:
            return self.secure_cookies
        return (self.address or "").startswith("https:")


class ArenaSettings(Settings):
    """A whole arena.

    title, language: None for the study's; a file of its own says both.  interface: languages of the pages, the first by default.
    models: two at least.  examples: prompts to start from, in the language.  contact: shown on every page.
    """

    title: str | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{3}_[A-Z][a-z]{3}$")] | None = None
    interface: tuple[Tag, ...] = Field(default=("en",), min_length=1)
    models: dict[Name, ArenaModel] = Field(min_length=2)
    examples: tuple[str, ...] = ()
    contact: str = ""
    consent: Consent = Consent()
    participation: Participation = Participation()
    voting: Voting = Voting()
    battle: BattleSettings = BattleSettings()
    limits: Limits = Limits()
    fair: Fair = Fair()
    leaderboard: Leaderboard = Leaderboard()
    encouraging: Encouraging = Encouraging()
    publishing: Publishing = Publishing()
    retention: Retention = Retention()
    execution: ArenaExecution = ArenaExecution()


Side = Literal["a", "b"]
Choice = Literal["a", "tie", "b"]

"""The command line is frozen: a verb or an option comes or goes only on purpose, with this list."""

import click

from mintza.cli import main

FROZEN = {
    "arena serve": ["file", "--host", "--port"],
    "arena try": ["study", "--port", "--data", "--texts", "--engines"],
    "arena staff": ["file", "--add", "--remove"],
    "arena checks": ["file"],
    "arena overrule": ["file", "voter", "check", "--why", "--back"],
    "arena export": ["file", "out", "--texts"],
    "arena import": ["file", "rows"],
    "arena backup": ["file", "out"],
    "arena restore": ["file", "out"],
    "arena retain": ["file"],
    "arena raffle": ["file", "--draw"],
    "init": ["language", "--out"],
    "check": ["study"],
    "plan": ["study", "--limit"],
    "run": ["study", "--only", "--limit", "--alone", "--share"],
    "show": ["study", "artifact", "--sample", "--dropped"],
    "benchmark import": ["paths", "--out", "--duplicates"],
    "report": ["study"],
    "report tables": ["file", "--study", "--rules", "--out"],
    "exam add": ["file", "--in", "--as", "--category", "--license", "--shots", "--out"],
    "compare": ["where", "a", "b", "--exam"],
    "chat": ["study", "variant"],
    "gc": ["studies", "--yes"],
    "release": ["study", "--out", "--push"],
    "verify": ["folder", "--study"],
    "journal": ["study"],
    "batch export": ["study", "--out", "--only"],
    "batch import": ["study", "results"],
    "serve": ["what", "name", "--host", "--port", "--key-file", "--slots", "--context", "--number"],
    "gguf": ["what", "name", "--out"],
    "submit": ["study", "--only", "--dry-run", "--picture"],
    "status": ["study", "--all"],
    "cancel": ["study", "--only", "--yes"],
    "corpus calibrate": ["study", "--source", "--out"],
    "instruct card": ["study", "component", "--out"],
    "translate gate": ["study", "--sample"],
    "review": ["study", "component", "--host", "--port", "--key-file", "--at-most", "--dropped"],
    "corpus identifier": ["study", "--source", "--against", "--reject", "--out", "--clean"],
    "corpus forget": ["study", "what", "--reason", "--list", "--unseen"],
    "corpus card": ["study", "--out"],
}


def every_command() -> dict[str, click.Command]:
    """By name; a subcommand by both names, the one that a verb falls back to by the verb's alone."""
    found: dict[str, click.Command] = {}
    for name, command in main.commands.items():
        if isinstance(command, click.Group):
            found |= {f"{name} {sub}".strip(): under for sub, under in command.commands.items()}
        else:
            found[name] = command
    return found


def test_the_verbs_and_their_options_are_these() -> None:
    found = {
        name: [p.opts[0] if isinstance(p, click.Option) else str(p.name) for p in command.params]
        for name, command in every_command().items()
    }
    assert found == FROZEN


def test_no_option_repeats_a_field_of_the_study() -> None:
    from mintza.study import StudySettings

    options = {p.opts[0].lstrip("-") for c in every_command().values() for p in c.params if isinstance(p, click.Option)}
    assert not options & set(StudySettings.model_fields)


def test_every_verb_says_what_it_does_in_one_line() -> None:
    for name, command in [*main.commands.items(), *every_command().items()]:
        assert command.help, name
        assert len(command.help.splitlines()[0]) <= 110

"""A study to start from, written for a language; for a language that nobody knows yet, its folder too, with the gaps marked."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from mintza import languages
from mintza.errors import BadInput, StudyError

GAP = "FILL IN"
CODE = re.compile(r"^[a-z]{3}_[A-Z][a-z]{3}$")

LANGUAGE = Template("""\
# $code: replace every FILL IN. `mintza check` reminds you of those that are left.
code: $code
bcp47: "$bcp47"
name: "$name"
endonym: "$endonym"
direction: $direction
neighbours: [eng_Latn]                 # languages that its texts are likely to be mixed with
identifiers: {pycld2: $pycld2, py3langid: $py3langid}   # how each identifier calls it; null when it does not know it
sentence_end: ".!?…$ends\\"”’')»]"   # what a finished text may end in
refusal_phrases: ["FILL IN: how an assistant refuses, lower case"]
identity_phrases: ["FILL IN: how a model names itself, lower case"]
sample_system_prompt: "FILL IN: asks, in the language, for conversations in it with short answers"
chat_system_prompt: "FILL IN: a helpful assistant, in the language, formal"
register: "FILL IN: variety and form of address, in English"
""")


def write_starter(code: str, out: Path) -> list[Path]:
    """Write the study to `out`, and the language's folder beside it where needed; gives the paths. Nothing is overwritten.

    Raises StudyError for what is no language code, BadInput where a file is there already or cannot be written.
    """
    if not CODE.match(code):
        meant = languages.codes_of(code)[:4]
        raise StudyError(
            f"'{code}' is no language code",
            remedy=(f"did you mean {' or '.join(meant)}? " if meant else "")
            + f"ISO 639-3 and script, such as cym_Latn; with data already: {', '.join(languages.known())}",
        )
    written = []
    search = (out.resolve().parent / "languages",)
    if code not in languages.known(search):
        written.append(_write(search[0] / code / "language.yaml", _language(code)))
    language = languages.load(code, search=search)
    study = Template((Path(__file__).parent / "starter.yaml").read_text(encoding="utf-8")).substitute(
        code=code,
        name=code if GAP in language.name else language.name,
        slug=re.sub(r"[^a-z0-9-]+", "-", code.lower()),
        file=out.name,
        also="" if code == "eng_Latn" else "eng_Latn",
        store=".mintza-store",
    )
    written.insert(0, _write(out, study))
    return written


def is_gap(text: str) -> bool:
    """Whether a text is still to be filled in by a person."""
    return text.startswith(GAP)


def _language(code: str) -> str:
    known = languages.named(code)
    return LANGUAGE.substitute(
        code=code,
        bcp47=known.bcp47 or code[:3],
        name=known.name or f"{GAP}: its name in English",
        endonym=known.endonym or f"{GAP}: its name in itself",
        direction=known.direction,
        pycld2=f'"{known.pycld2}"' if known.pycld2 else "null",
        py3langid=f'"{known.py3langid}"' if known.py3langid else "null",
        ends=known.ends,
    )


def _write(path: Path, text: str) -> Path:
    if path.exists():
        raise BadInput("there is a file already", place=str(path), remedy="give another name with --out")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(
            error.strerror or str(error), place=str(path), remedy="choose a folder that can be written"
        ) from None
    return path

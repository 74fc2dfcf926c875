"""Writes a release: built aside, complete or not there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import yaml

from mintza import __version__
from mintza.errors import StudyError
from mintza.pipeline.cells import equal_cells
from mintza.pipeline.keys import commit
from mintza.pipeline.plan import Plan
from mintza.records import Conversation, Document, Language, Measurement
from mintza.release.cards import rendered
from mintza.release.contents import Contents, DataPart, contents_of
from mintza.release.licenses import conflicts_of_model, conflicts_of_text, notices
from mintza.release.lineage import ancestors, lineage_of
from mintza.release.lines import write_lines
from mintza.release.manifest import ModelEntry, ReleaseManifest, TablesEntry, files_of, write_manifest
from mintza.release.parts import write_corpus, write_data, write_model, write_votes
from mintza.report.tabled import Tabled, table_files
from mintza.report.votes.reading import read_votes
from mintza.store import Store
from mintza.store.disk import explained

Say = Callable[[str], None]


def release(plan: Plan, store: Store, out: Path, say: Say) -> ReleaseManifest:
    """Write the release of a study into `out`, which must not exist or be empty.

    Raises StudyError with every conflict of licences, before anything is written; StoreError when the disk is full.
    """
    if out.exists() and any(out.iterdir()):
        raise StudyError(
            "there is something in the folder already",
            place=str(out),
            remedy="name an empty folder, or one that is not there",
        )
    contents = contents_of(plan, store)
    withheld = refuse_conflicts(plan, contents)
    for what in contents.unmade:
        say(f"left out: {what}, not made yet as the study says today (mintza run {plan.study.typed})")
    aside = out.with_name(f".{out.name}.part")
    with explained(out):
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        _Release(plan, store, contents, aside, say, withheld).write()
        if out.exists():
            out.rmdir()
        aside.rename(out)
    return msgspec.json.decode((out / "manifest.json").read_bytes(), type=ReleaseManifest)


def refuse_conflicts(plan: Plan, contents: Contents) -> list[str]:
    """Why the corpus itself is withheld, [] when it is released. Raises StudyError with every conflict of models and data."""
    settings = plan.study.settings.release
    wanted, read_as = settings.license, settings.read_as
    found = []
    for model in contents.models:
        for why in conflicts_of_model(model.data, model.made_with, wanted.models, model.title, read_as):
            found.append(f"model {model.name}: {why}")
    for part in contents.data:
        found += [f"data {part.name}: {why}" for why in conflicts_of_text(part.sources, wanted.data, read_as)]
    if found:
        listed = "\n    ".join(dict.fromkeys(found))
        raise StudyError(
            f"licences forbid this release; nothing was written\n    {listed}",
            place=f"{plan.study.path}: release",
            remedy="change `release: {license: ...}` or `name`, leave out what is in the way (`parts`, `models`),"
            ' or say what an unknown licence is: `read_as: {"its words": SPDX-ID}`',
        )
    return conflicts_of_text(contents.corpus.sources, wanted.corpus, read_as) if contents.corpus else []


class _Release:
    def __init__(
        self, plan: Plan, store: Store, contents: Contents, folder: Path, say: Say, withheld: list[str]
    ) -> None:
        self.plan = plan
        self.store = store
        self.contents = contents
        self.folder = folder
        self.say = say
        self.withheld = withheld
        self.settings = plan.study.settings.release
        self.name = self.settings.name or plan.study.settings.name
        self.parts: list[dict[str, str]] = []
        self.roots: dict[str, str] = {}

    def write(self) -> None:
        """Every part, then what binds them together, then the lists."""
        measurements = list(self._measurements())
        for model in self.contents.models:
            self.say(f"models/{model.name}")
            write_model(self.folder / "models" / model.name, model, self.plan, self.store, self.contents, measurements)
            self._part(f"models/{model.name}/", f"the variant {model.name}", self.settings.license.models, model.node)
        for part in self.contents.data:
            self.say(f"data/{part.name}")
            made = self.contents.lineage[part.node]
            write_data(
                self.folder / "data" / part.name, made, Conversation, self._data_values(part, "data"), self.store
            )
            self._part(f"data/{part.name}/", f"conversations: {part.name}", self.settings.license.data, part.node)
        if self.contents.corpus:
            self._corpus(self.contents.corpus)
        if "votes" in self.settings.parts:
            self._votes()
        tables = self._results(measurements) if "results" in self.settings.parts else None
        self._study()
        self._lineage()
        self._top()
        write_manifest(self.folder, self._manifest(tables))

    def _part(self, path: str, what: str, license_: str, node: str | None) -> None:
        self.parts.append({"path": path, "what": what, "license": license_})
        if node is not None:
            self.roots[node] = self.contents.lineage[node].key

    def _measurements(self) -> Iterator[Measurement]:
        for artifact in self.contents.lineage.values():
            if artifact.stage == "measure":
                yield from self.store.read(artifact, Measurement)

    def _data_values(self, part: DataPart, kind: str) -> dict[str, object]:
        artifact = self.contents.lineage[part.node]
        before = [a for a in ancestors(artifact, self.contents.lineage) if a.verdicts]
        return {
            "title": f"{self.name}-{part.name}",
            "kind": kind,
            "component": part.name,
            "study_title": self.plan.study.settings.title,
            "study_file": self.plan.study.path.name,
            "mintza": __version__,
            "languages": self._languages(part, kind),
            "license": self.settings.license.corpus if kind == "corpus" else self.settings.license.data,
            "sources": part.sources,
            "writers": [],
            "verdicts": [v for a in before for v in a.verdicts if not v.kept],
            "key": artifact.key,
            "content": artifact.content_sha256,
            "contact": self.settings.contact,
            "read_as": self.settings.read_as,
        }

    def _languages(self, part: DataPart, kind: str) -> tuple[Language, ...]:
        """Those of the documents, or the one that a component's conversations are in."""
        study = self.plan.study
        component = study.settings.components.get(part.name)
        if kind == "corpus" or component is None:
            return study.languages
        return (study.language(getattr(component, "language", study.target.code)),)

    def _corpus(self, part: DataPart) -> None:
        self.say("corpus" if not self.withheld else "corpus: the recipe alone")
        values = self._data_values(part, "corpus")
        if self.withheld:
            values |= {"reasons": self.withheld, "count": self.contents.lineage["corpus"].records.get("Document", 0)}
            write_corpus(self.folder / "corpus", values)
            self._part("corpus/", "how to make the corpus; its sources do not let it be given away", "", None)
        else:
            write_data(self.folder / "corpus", self.contents.lineage[part.node], Document, values, self.store)
            self._part("corpus/", "the corpus", self.settings.license.corpus, part.node)

    def _votes(self) -> None:
        study = self.plan.study
        if study.settings.votes is None:
            return
        self.say("votes")
        arena = read_votes(study.base / study.settings.votes, language=study.target.code)
        values: dict[str, object] = {
            "title": f"{self.name}-votes",
            "study_title": study.settings.title,
            "mintza": __version__,
            "languages": study.languages[:1],
            "license": self.settings.license.votes,
            "read_as": self.settings.read_as,
            "contact": self.settings.contact,
            "source": arena.source,
            "troubles": len(arena.trouble),
        }
        write_votes(self.folder / "votes", arena, values)
        self._part("votes/", "what people judged: battles and votes", self.settings.license.votes, None)

    def _results(self, measurements: list[Measurement]) -> TablesEntry | None:
        if not measurements:
            return None
        folder = self.folder / "results"
        (folder / "tables").mkdir(parents=True)
        write_lines(folder / "measurements.jsonl", iter(measurements))
        how = self._how()
        tabled = Tabled(title=how.title, languages=how.languages, equal=how.equal, names=how.names)
        for name, content in table_files(measurements, tabled)[1].items():
            (folder / "tables" / name).write_text(content, encoding="utf-8", newline="\n")
        report = self.contents.lineage.get("report")
        if report is not None:
            shutil.copytree(self.store.files(report), folder / "report")
        self._part(
            "results/", "measurements, tables and report", self.settings.license.results, "report" if report else None
        )
        return how

    def _how(self) -> TablesEntry:
        study = self.plan.study
        return TablesEntry(
            title=study.settings.title,
            languages=[language.code for language in study.languages],
            equal=equal_cells(study.settings),
            names={language.code.partition("_")[0]: language.name for language in study.languages},
        )

    def _study(self) -> None:
        folder = self.folder / "study"
        folder.mkdir()
        shutil.copyfile(self.plan.study.path, folder / self.plan.study.path.name)
        languages = self.plan.study.base / "languages"
        if languages.is_dir():
            shutil.copytree(languages, folder / "languages")

    def _lineage(self) -> None:
        folder = self.folder / "lineage"
        folder.mkdir()
        for artifact in lineage_of(list(self.roots), self.contents.lineage):
            (folder / f"{artifact.stage}-{artifact.key[:20]}.json").write_bytes(
                msgspec.json.format(msgspec.json.encode(artifact), indent=1) + b"\n"
            )

    def _top(self) -> None:
        made_with = [each for model in self.contents.models for each in model.made_with]
        made = lineage_of(list(self.roots), self.contents.lineage)
        values = {
            "name": self.name,
            "version": self.settings.version,
            "study_title": self.plan.study.settings.title,
            "study_file": self.plan.study.path.name,
            "languages": self.plan.study.languages,
            "mintza": __version__,
            "parts": self.parts,
            "results_license": self.settings.license.results,
            "notices": notices(made_with, self.settings.read_as),
            "commit": commit(),
            "libraries": sorted({(k, v) for one in made for k, v in one.libraries.items() if v != "absent"}),
        }
        (self.folder / "README.md").write_text(rendered("release.md.j2", **values), encoding="utf-8", newline="\n")
        script = self.folder / "reproduce.sh"
        script.write_text(rendered("reproduce.sh.j2", **values), encoding="utf-8", newline="\n")
        script.chmod(0o755)
        (self.folder / "CITATION.cff").write_text(self._citation(), encoding="utf-8", newline="\n")

    def _citation(self) -> str:
        authors = [
            {
                "family-names": author.family,
                **({"given-names": author.given} if author.given else {}),
                **({"affiliation": author.affiliation} if author.affiliation else {}),
                **({"orcid": f"https://orcid.org/{author.orcid}"} if author.orcid else {}),
            }
            for author in self.settings.authors
        ]
        citation = {
            "cff-version": "1.2.0",
            "message": "If you use this release, please cite it as below.",
            "title": f"{self.name}: {self.plan.study.settings.title}",
            "type": "dataset",
            "version": self.settings.version,
            "authors": authors or [{"name": f"The people behind {self.name}"}],
            **({"url": self.settings.url} if self.settings.url else {}),
        }
        return yaml.safe_dump(citation, sort_keys=False, allow_unicode=True)

    def _manifest(self, tables: TablesEntry | None) -> ReleaseManifest:
        lineage = self.contents.lineage
        return ReleaseManifest(
            name=self.name,
            version=self.settings.version,
            study=self.plan.study.path.name,
            mintza=__version__,
            commit=commit(),
            licenses={part["path"]: part["license"] for part in self.parts},
            roots=sorted(self.roots.values()),
            models=[ModelEntry(m.name, m.name, lineage[m.node].key, m.backbone) for m in self.contents.models],
            tables=tables,
            files=files_of(self.folder),
        )

"""Profiles: which one a study names, and what a job of it asks for."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from mintza.errors import StudyError
from mintza.pipeline.plan import Node, Plan
from mintza.pipeline.stages import STAGES
from mintza.study import Study, explain
from mintza.study.cluster import Profile, Resources
from mintza.study.yaml_lines import read_yaml

SERVE = "serve"
"""What the jobs that serve models are called in a profile's `stages`."""


def profile_of(study: Study) -> Profile:
    """The profile that a study names. Raises StudyError when there is none of that name, or its file is wrong."""
    name = study.settings.execution.cluster.profile
    path = _path(study, name)
    lines = read_yaml(path)
    try:
        profile = Profile.model_validate_json(json.dumps(lines.value))
    except ValidationError as error:
        wrong = explain(error, lines, Profile)
        raise StudyError(
            wrong.message, place=wrong.place, remedy=f"{wrong.remedy}; see 'Profiles' in docs/guide/cluster.md"
        ) from None

    _refuse_unknown(profile.stages, str(path))
    _refuse_unknown(study.settings.execution.cluster.stages, f"{study.path}: execution.cluster")
    return profile


def unmatched(plan: Plan) -> list[str]:
    """Patterns of the study's `cells` that no artifact and no job that serves fits."""
    names = [*plan.nodes, *(f"{SERVE}/{model}" for model in plan.study.settings.models)]
    return [
        pattern
        for pattern in plan.study.settings.execution.cluster.cells
        if not any(fnmatch.fnmatchcase(name, pattern) for name in names)
    ]


def _refuse_unknown(stages: Iterable[str], place: str) -> None:
    known = [*STAGES, SERVE]
    for stage in stages:
        if stage not in known:
            raise StudyError(
                f"there is no stage '{stage}'", place=f"{place}: stages", remedy=f"known: {', '.join(known)}"
            )


def known_profiles() -> list[str]:
    """Names of the profiles that come with Mintza."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _packaged().iterdir() if entry.name.endswith(".yaml"))


def resources_of(node: Node, study: Study, profile: Profile) -> Resources:
    """What the job of a node asks for."""
    return resources_for(node.stage.name, node.id, study, profile)


def resources_for(stage: str, node: str, study: Study, profile: Profile) -> Resources:
    """What a job of a stage asks for: by cell, by stage, by study, by profile, the most particular first."""
    cluster = study.settings.execution.cluster
    layers = [profile.resources, profile.stages.get(stage), cluster.resources]
    layers.append(cluster.stages.get(stage))
    layers += [said for pattern, said in cluster.cells.items() if fnmatch.fnmatchcase(node, pattern)]
    found = Resources()
    for layer in layers:
        found = layer.over(found) if layer else found
    return found


def _path(study: Study, name: str) -> Path:
    if name in known_profiles():
        return Path(str(_packaged() / f"{name}.yaml"))
    path = study.base / name
    if not path.is_file():
        raise StudyError(
            f"there is no profile '{name}'",
            place=f"{study.path}: execution.cluster.profile",
            remedy=f"known: {', '.join(known_profiles())}; or the path of a profile's file from the study's folder",
        )
    return path


def _packaged() -> Path:
    return Path(str(resources.files("mintza.cluster") / "profiles"))

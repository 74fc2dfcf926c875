"""Data flows one way: a room imports only from rows above it, and siblings never import each other."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "mintza"
FOUNDATION = {
    "errors",
    "settings",
    "progress",
    "contents",
    "durable",
    "patient_threads",
    "plain_yaml",
    "records",
    "__init__",
}
SERVICES = {"languages", "text", "stats", "models", "store", "web"}
STAGES = {"corpus", "exams", "instruct", "translate", "train", "benchmark", "arena", "review", "report"}
MAY_IMPORT = {
    "errors": set(),
    "contents": set(),
    "durable": set(),
    "patient_threads": set(),
    "plain_yaml": {"errors"},
    "progress": set(),
    "settings": set(),
    "records": set(),
    **{service: FOUNDATION - {"__init__"} for service in SERVICES},
    **{stage: FOUNDATION | (SERVICES - {"store"}) for stage in STAGES},
    "study": FOUNDATION | SERVICES | STAGES,
    "pipeline": FOUNDATION | SERVICES | STAGES | {"study"},
    "cluster": FOUNDATION | SERVICES | {"study", "pipeline"},
    "release": FOUNDATION | SERVICES | STAGES | {"study", "pipeline"},
    "terminal": FOUNDATION | SERVICES | STAGES | {"study", "pipeline", "cluster", "release"},
    "cli": FOUNDATION | SERVICES | STAGES | {"study", "pipeline", "cluster", "release", "terminal"},
}
MAY_IMPORT["text"] = MAY_IMPORT["text"] | {"languages"}
# The study sums settings: of a stage room it may see no more.
ONLY_SETTINGS = {"study"}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> list[tuple[str, str]]:
    """(room, full dotted name) of everything of mintza that a file imports, inside functions too."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found += [(name.split(".")[1], name) for name in names if name.startswith("mintza.")]
    return found


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_from_rows_above_it(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    for imported, name in imports_of(path):
        if imported == "__version__":
            continue
        allowed = {room} | MAY_IMPORT[room]
        assert imported in allowed, f"{path.relative_to(PACKAGE)} imports {name}: {room} may not see {imported}"


@pytest.mark.parametrize("path", [p for p in FILES if room_of(p) in ONLY_SETTINGS], ids=lambda p: p.name)
def test_the_study_sees_only_the_settings_of_a_stage(path: Path) -> None:
    for imported, name in imports_of(path):
        if imported in STAGES:
            assert name.split(".")[2] == "settings", f"{path.name} imports {name}"


def test_every_stage_room_has_the_same_furniture() -> None:
    plural = {
        "corpus": {"sources", "filters"},
        "exams": {"definitions"},
        "instruct": {"sources", "filters"},
        "translate": {"checks"},
        "train": set[str](),
        "benchmark": set[str](),
        "report": set[str](),
    }
    for room, folders in plural.items():
        for name in ("settings.py", "stage.py", *folders):
            assert (PACKAGE / room / name).exists(), f"{room} lacks {name}"


def test_no_module_is_called_by_a_word_that_says_nothing() -> None:
    assert not [path for path in FILES if path.stem in {"utils", "common", "helpers", "manager", "misc"}]

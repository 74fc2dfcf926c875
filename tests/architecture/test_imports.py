"""Importing anything of ours is light and quiet: no heavy package, no socket, nothing printed."""

import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
HEAVY = (
    *("torch", "transformers", "lm_eval", "matplotlib", "xllamacpp", "datasets", "pycld2", "py3langid", "rensa"),
    *("trafilatura", "lxml", "warcio", "mwparserfromhell", "pyarrow", "sacrebleu", "fasttext", "ftfy", "peft"),
    *(
        "fastapi",
        "starlette",
        "uvicorn",
        "sqlalchemy",
        "alembic",
        "babel",
        "pwdlib",
        "cryptography",
        "markdown_it",
        "nh3",
    ),
)

IMPORT_ALL = """
import sys
def refuse(event, arguments):
    if event in ("socket.bind", "socket.connect", "socket.getaddrinfo", "subprocess.Popen"):
        raise RuntimeError(f"{event} on import: {arguments}")
sys.addaudithook(refuse)
import importlib, pkgutil, mintza
for module in pkgutil.walk_packages(mintza.__path__, "mintza."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
heavy = sorted({name.split(".")[0] for name in sys.modules} & set(%r))
assert not heavy, f"imported at once: {heavy}"
"""

IMPORT_HELP = """
import sys, mintza.cli
heavy = sorted({name.split(".")[0] for name in sys.modules} & {"pydantic", "numpy", "rich", "yaml", "msgspec", "httpx"})
assert not heavy, f"the help needs {heavy}"
"""


IMPORT_PLAN = """
import sys
from pathlib import Path
import mintza.cli, mintza.terminal.verbs, mintza.terminal.checking
from mintza.pipeline.check import check
from mintza.pipeline.plan import make_plan
from mintza.pipeline.run import keys
from mintza.study import load
study = load(Path(sys.argv[1]))
check(study)
keys(make_plan(study))
heavy = sorted({name.split(".")[0] for name in sys.modules} & {"numpy", "asyncio", "aiohttp", "httpx", "pydantic_settings"})
assert not heavy, f"a plan needs {heavy}"
"""


def run(code: str, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *more], capture_output=True, text=True, cwd=SOURCE, check=False)


def test_no_module_imports_a_heavy_package_or_opens_a_socket_or_prints() -> None:
    done = run(IMPORT_ALL % (HEAVY,))
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


def test_the_help_imports_next_to_nothing() -> None:
    done = run(IMPORT_HELP)
    assert done.returncode == 0, done.stderr


def test_check_and_plan_which_each_job_of_a_cluster_begins_with_need_no_numbers_and_no_loop() -> None:
    done = run(IMPORT_PLAN, str(SOURCE.parent / "studies" / "demo.yaml"))
    assert done.returncode == 0, done.stderr


def test_a_heavy_package_is_named_in_one_file_of_a_room() -> None:
    adapters = {
        name: sorted(
            str(path.relative_to(SOURCE / "mintza"))
            for path in (SOURCE / "mintza").rglob("*.py")
            if "migrations" not in path.parts
            if f"import {name}" in path.read_text(encoding="utf-8")
            or f"from {name}" in path.read_text(encoding="utf-8")
        )
        for name in (
            *("lm_eval", "xllamacpp", "pycld2", "py3langid", "rensa", "datasets", "matplotlib"),
            *("trafilatura", "lxml", "warcio", "mwparserfromhell", "pyarrow", "sacrebleu", "fasttext", "ftfy", "peft"),
            *("fastapi", "uvicorn", "sqlalchemy", "alembic", "babel", "pwdlib", "cryptography", "markdown_it", "nh3"),
        )
    }
    for name, files in adapters.items():
        rooms = [file.partition("/")[0] for file in files]
        assert len(rooms) == len(set(rooms)), f"{name} is named in {files}"

"""The page on deploying is true: nginx runs with its text before a real arena, systemd reads its unit, the rest is read as what it is."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from arena.conftest import FAST
from arena.model_endpoint import ModelEndpoints, Waits
from arena.served import Served, Visitor, settings_of, wait_until
from docs.shell import blocks, parse
from mintza.arena.pages.routes import ROUTES
from mintza.cli import main
from mintza.errors import BadInput
from mintza.terminal.arena import read_settings
from mintza.terminal.arena_backup import backup

PAGE = (Path(__file__).parents[2] / "docs" / "guide" / "arena-deploy.md").read_text(encoding="utf-8")
HOST = "arena.example.org"


def shown(language: str, place: int = 0) -> str:
    """A block of the page."""
    return "\n".join([each for each in blocks(PAGE) if each.language == language][place].lines) + "\n"


def tool(name: str, package: str) -> str:
    """Where it is; skipped without it. nginx is brought to CI: there its absence is a failure, unless apt refused it."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        brought = package == "nginx-light" and os.environ.get("CI") == "true"
        if brought and package not in os.environ.get("MINTZA_APT_REFUSED", ""):
            pytest.fail(f"needs {package}")
        pytest.skip(f"needs {name}: apt-get install {package}")
    return str(found)


def certificate(folder: Path) -> None:
    """One for the host of the page, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "privkey.pem").write_bytes(private)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


class Proxied:
    """An arena behind nginx, which runs with the page's own text; ports and places of files are the test's."""

    def __init__(self, nginx: str, served: Served, folder: Path) -> None:
        self.served, self.port = served, free_port()
        self.visitors: list[httpx.Client] = []
        certificate(folder)
        text = shown("nginx").replace("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl")
        text = text.replace("/etc/ssl/arena", str(folder)).replace("127.0.0.1:8600", f"127.0.0.1:{served.port}")
        kept = "".join(
            f"{name}_temp_path {folder / name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        head = f"daemon off;\nmaster_process off;\npid {folder / 'pid'};\nevents {{}}\n"
        (folder / "nginx.conf").write_text(f"{head}http {{\naccess_log off;\n{kept}{text}}}\n", encoding="utf-8")
        command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "errors")]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def visitor(self, source: str, **headers: str) -> Visitor:
        """Somebody at an address of the loopback; names of headers with a line for a hyphen."""
        visitor = Visitor(self, **{"host": HOST, **{n.replace("_", "-"): v for n, v in headers.items()}})  # type: ignore[arg-type]
        visitor.http.close()
        visitor.http = httpx.Client(
            base_url=self.address,
            headers=visitor.http.headers,
            timeout=300,
            transport=httpx.HTTPTransport(local_address=source, verify=False, trust_env=False),
        )
        self.visitors.append(visitor.http)
        return visitor

    def close(self) -> None:
        for http in self.visitors:
            http.close()
        self.process.terminate()
        self.process.wait(60)


@pytest.fixture
def proxied(endpoints: ModelEndpoints, tmp_path: Path) -> Iterator[tuple[Proxied, Waits]]:
    """With models that wait to be let go on."""
    nginx = tool("nginx", "nginx-light")
    endpoints.behaviours["waits"] = waits = Waits("hitz hitz hitz", "amaiera")
    shown_ = yaml.safe_load(shown("yaml"))["execution"]
    execution = {"address": shown_["address"], "trusted_proxies": shown_["trusted_proxies"]}
    settings = settings_of(
        endpoints,
        {"latxa": "waits", "llama": "waits"},
        battle=FAST,
        execution=execution,
        limits={"signs_address": 2},
    )
    served = Served(settings, tmp_path)
    proxy = Proxied(nginx, served, tmp_path)
    visitor = proxy.visitor("127.0.0.9")
    wait_until(lambda: _reached(visitor))
    yield proxy, waits
    proxy.close()
    served.close()


def _reached(visitor: Visitor) -> bool:
    try:
        return visitor.get("/ready").status_code == 200
    except httpx.TransportError:
        return False


def test_a_battle_is_fought_through_nginx_as_it_streams(proxied: tuple[Proxied, Waits]) -> None:
    proxy, waits = proxied
    visitor = proxy.visitor("127.0.0.2", origin=f"https://{HOST}").guest()
    assert {"__Host-mintza_session", "__Host-mintza_visitor"} <= set(visitor.http.cookies)
    token = visitor.begin()
    events = visitor.events(token)
    # The models have not ended: a proxy that gathers would give nothing yet.
    assert next(events)[0] == "piece"
    waits.go.set()
    *_, (name, over) = events
    assert (name, over["votable"]) == ("over", True)
    assert visitor.vote(token).json()["saved"]
    assert visitor.get("/metrics").status_code == 404


def test_behind_nginx_people_are_told_apart_and_claim_no_address(proxied: tuple[Proxied, Waits]) -> None:
    proxy, _ = proxied
    form = {"agree": "yes", "version": "1"}
    codes = [
        proxy.visitor("127.0.0.3", x_forwarded_for=f"203.0.113.{n}").post("/guest", form).status_code for n in range(3)
    ]
    assert codes == [303, 303, 429]
    assert proxy.visitor("127.0.0.4").post("/guest", form).status_code == 303


def test_the_file_of_the_page_is_an_arena(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "arena.yaml"
    file.write_text(shown("yaml"), encoding="utf-8")
    settings, language = read_settings(file)
    assert language.code == "eus_Latn"
    assert settings.execution.secure
    assert settings.execution.trusted_proxies == ("127.0.0.1",)
    assert f"server_name {HOST};" in shown("nginx")
    assert settings.execution.address == f"https://{HOST}"


def here(unit: str) -> str:
    """A unit with a program and a user that are on this machine: what is tried is its text."""
    return unit.replace("/opt/mintza/bin/mintza arena serve", "/bin/true").replace("User=mintza-arena", "User=daemon")


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    verify = tool("systemd-analyze", "systemd")
    units = {"mintza-arena.service": 0, "arena-backup.service": 1, "arena-backup.timer": 2}
    for name, place in units.items():
        (tmp_path / name).write_text(here(shown("ini", place)), encoding="utf-8")

    def said(name: str) -> list[str]:
        command = [verify, "verify", "--man=no", *(str(tmp_path / each) for each in units)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return [line for line in (done.stdout + done.stderr).splitlines() if name in line]

    assert not said(str(tmp_path)), said(str(tmp_path))
    unit = tmp_path / "mintza-arena.service"
    unit.write_text(unit.read_text(encoding="utf-8").replace("Restart=always", "Restart=whenever"), encoding="utf-8")
    assert any("whenever" in line for line in said(str(unit)))


def test_the_back_up_of_the_page_is_made_and_old_ones_go(served: Served, tmp_path: Path) -> None:
    folder, data = tmp_path / "back-ups", tmp_path / "data"
    (folder / "old").mkdir(parents=True)
    os.utime(folder / "old", (0, 0))
    shutil.copytree(served.folder / served.settings.execution.data, data)
    settings = served.settings.model_dump(mode="json")
    settings["execution"]["data"] = str(data)
    url = f"sqlite:///{served.folder / 'arena.sqlite'}"
    (tmp_path / "arena.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    unit = shown("ini", 1).replace("%%", "%")
    for name in ("ExecStart", "ExecStartPost"):
        found = re.search(rf"^{name}=/bin/sh -c '(.*)'$", unit, re.MULTILINE)
        assert found
        line = found.group(1).replace("/opt/mintza/bin/mintza", f"{sys.executable} -m mintza.cli")
        line = line.replace("/etc/mintza-arena", str(tmp_path))
        env = {**os.environ, "STATE_DIRECTORY": str(folder), "DATABASE_URL": url}
        subprocess.run(["/bin/sh", "-c", line], check=True, env=env, stdout=subprocess.DEVNULL)
    (kept,) = folder.iterdir()
    assert {path.name for path in kept.iterdir()} == {"arena.sqlite", "secret", "backup.json"}


def test_what_cannot_be_backed_up_is_said(tmp_path: Path) -> None:
    text = shown("yaml").replace("/var/lib/mintza-arena", str(tmp_path / "data"))
    (tmp_path / "arena.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="no secret yet"):
        backup(tmp_path / "arena.yaml", tmp_path / "out")
    with pytest.raises(BadInput, match="no empty folder"):
        backup(tmp_path / "arena.yaml", tmp_path / "arena.yaml")
    assert not (tmp_path / "out").exists()


def test_the_compose_file_holds_together(tmp_path: Path) -> None:
    compose = yaml.safe_load(shown("yaml", 1))
    arena, database = compose["services"]["arena"], compose["services"]["database"]
    assert any("/etc/mintza-arena/arena.yaml" in volume for volume in arena["volumes"])
    assert arena["environment"]["DATABASE_URL"] == "postgresql://arena@database/arena"
    assert arena["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert all(port.startswith("127.0.0.1:") for port in arena["ports"])
    for service in (arena, database):
        assert set(service["secrets"]) <= set(compose["secrets"])
        named = {volume.partition(":")[0] for volume in service["volumes"]}
        assert {name for name in named if not name.startswith(".")} <= set(compose["volumes"])
        assert service["healthcheck"]["test"]
    asked = re.search(r"8600(/\w+)'", arena["healthcheck"]["test"][-1])
    assert asked
    assert asked.group(1) in {route.path for route in ROUTES}
    assert yaml.safe_load(shown("yaml"))["execution"]["data"] in "".join(arena["volumes"])
    # What it starts is a command of ours, and its user owns whatever a volume brings in to be written to.
    image = arena["build"]["dockerfile_inline"]
    (start,) = re.findall(r"^ENTRYPOINT (.*)$", image, re.MULTILINE)
    command = [*json.loads(start), *arena["command"]]
    assert command[:4] == ["mintza", "arena", "serve", "/etc/mintza-arena/arena.yaml"]
    parse(command, main, whole=True)
    (user,) = re.findall(r"useradd --uid (\d+) arena", image)
    (owned,) = re.findall(r"install -d -o arena .*$", image, re.MULTILINE)
    written = [volume.split(":")[1] for volume in arena["volumes"] if not volume.endswith(":ro")]
    assert written
    assert set(written) <= set(owned.split())
    assert f"chown {user} secrets/pgpass" in PAGE
    assert database["image"].startswith("postgres:17"), "Debian 13's pg_dump"


def test_the_secrets_of_the_page_are_what_postgresql_reads(tmp_path: Path) -> None:
    tool("openssl", "openssl")
    lines = re.search(r"^    (mkdir -p secrets.*?)\n\n", PAGE, re.MULTILINE | re.DOTALL)
    assert lines
    script = re.sub(r"chown \d+", "true", lines.group(1))
    subprocess.run(["/bin/sh", "-ec", script], check=True, cwd=tmp_path)
    password = (tmp_path / "secrets" / "password").read_text().strip()
    assert re.fullmatch(r"[0-9a-f]{48}", password)
    assert (tmp_path / "secrets" / "pgpass").read_text() == f"database:5432:arena:arena:{password}\n"
    assert (tmp_path / "secrets" / "pgpass").stat().st_mode & 0o777 == 0o600


def test_addresses_and_metrics_of_the_page_are_there(served: Served) -> None:
    paths = {route.path for route in ROUTES}
    assert set(re.findall(r"`(/[a-z]+)`", PAGE)) <= paths
    told = Visitor(served).get("/metrics").text
    for name in re.findall(r"`(mintza_[a-z_]+)`", PAGE):
        assert f"# TYPE {name} " in told or name == "mintza_ranking_age_seconds", name

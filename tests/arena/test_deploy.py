"""The page on deploying is true: nginx runs with its text before a real arena, systemd reads its unit, the rest is read as what it is."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
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
from docs.shell import blocks
from mintza.arena.pages.routes import ROUTES
from mintza.terminal.arena import read_settings

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


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    verify = tool("systemd-analyze", "systemd")
    # What is verified is the text; program and user of the page are not on this machine.
    unit = tmp_path / "mintza-arena.service"
    text = shown("ini").replace("/opt/mintza/bin/mintza", "/bin/true").replace("User=mintza-arena", "User=daemon")
    unit.write_text(text, encoding="utf-8")
    done = subprocess.run([verify, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    said = [line for line in (done.stdout + done.stderr).splitlines() if unit.name in line]
    assert not said, said
    unit.write_text(text.replace("Restart=always", "Restart=whenever"), encoding="utf-8")
    done = subprocess.run([verify, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    assert "whenever" in done.stdout + done.stderr


def test_the_compose_file_holds_together() -> None:
    compose = yaml.safe_load(shown("yaml", 1))
    arena, database = compose["services"]["arena"], compose["services"]["database"]
    assert arena["command"][:2] == ["serve", "/etc/mintza-arena/arena.yaml"]
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


def test_addresses_and_metrics_of_the_page_are_there(served: Served) -> None:
    paths = {route.path for route in ROUTES}
    assert set(re.findall(r"`(/[a-z]+)`", PAGE)) <= paths
    told = Visitor(served).get("/metrics").text
    for name in re.findall(r"`(mintza_[a-z_]+)`", PAGE):
        assert f"# TYPE {name} " in told or name == "mintza_ranking_age_seconds", name

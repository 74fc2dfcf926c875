"""A hub of our own on the loopback: as much of the Hugging Face hub's API as an upload needs, in memory."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

TOKEN = "hf_a_token_of_the_tests"
LARGE = (".safetensors", ".gguf", ".zst")
LFS = re.compile(r"/(?:datasets/)?([\w.-]+/[\w.-]+)\.git/info/lfs/objects/batch")
API = re.compile(r"/api/(model|dataset)s/([\w.-]+/[\w.-]+)/(preupload|commit)/main")


class Hub:
    """Use as a context. repositories: kind and name -> path -> content.  private: of each.  uploads: how often each blob came.

    commits_left: after so many commits it refuses connections, as if its network went; None for never.
    """

    def __init__(self, port: int = 0) -> None:
        self.repositories: dict[tuple[str, str], dict[str, bytes]] = {}
        self.private: dict[str, bool] = {}
        self.blobs: dict[str, bytes] = {}
        self.uploads: Counter[str] = Counter()
        self.commits_left: int | None = None
        self.port = port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Hub:
        hub = self

        class Handler(_Handler):
            of = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def gone(self) -> bool:
        """Whether it refuses connections."""
        return self.commits_left is not None and self.commits_left <= 0


class _Handler(BaseHTTPRequestHandler):
    of: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            parts = []
            while size := int(self.rfile.readline().strip() or b"0", 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _answer(self, value: Any, status: int = 200) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _taken(self) -> bytes | None:
        """The body; None when the hub is gone or the token is wrong, and that has been said."""
        body = self._body()
        if self.of.gone:
            self.close_connection = True
            return None
        if self.headers.get("Authorization") not in (f"Bearer {TOKEN}", None):
            self._answer({"error": "Invalid credentials"}, 401)
            return None
        return body

    def do_GET(self) -> None:
        if self._taken() is not None:
            self._answer({"id": self.path.partition("s/")[2], "sha": "0" * 40, "siblings": []})

    def do_PUT(self) -> None:
        body = self._taken()
        if body is not None:
            oid = self.path.rpartition("/")[2]
            assert hashlib.sha256(body).hexdigest() == oid
            self.of.uploads[oid] += 1
            self.of.blobs[oid] = body
            self._answer({})

    def do_POST(self) -> None:
        body = self._taken()
        if body is None:
            return
        called = API.fullmatch(self.path.partition("?")[0])
        if self.path == "/api/repos/create":
            self._create(json.loads(body))
        elif self.path == "/api/validate-yaml":
            self._answer({"errors": [], "warnings": []})
        elif LFS.fullmatch(self.path):
            self._batch(json.loads(body))
        elif called and called[3] == "preupload":
            self._modes(self.of.repositories[called[1], called[2]], json.loads(body))
        elif called:
            self._commit(self.of.repositories[called[1], called[2]], called[2], body)
        else:
            self._answer({"error": f"no such address: {self.path}"}, 404)

    def _create(self, asked: dict[str, Any]) -> None:
        kind = asked.get("type") or "model"
        name = f"{asked['organization']}/{asked['name']}"
        prefix = "datasets/" if kind == "dataset" else ""
        there = (kind, name) in self.of.repositories
        if not there:
            self.of.repositories[kind, name] = {}
            self.of.private[name] = asked.get("visibility") == "private" or bool(asked.get("private"))
        self._answer({"url": f"{self.of.url}/{prefix}{name}"}, 409 if there else 200)

    def _modes(self, there: dict[str, bytes], asked: dict[str, Any]) -> None:
        files = [
            {
                "path": one["path"],
                "uploadMode": "lfs" if one["path"].endswith(LARGE) else "regular",
                "shouldIgnore": False,
                "oid": _oid(one["path"], there[one["path"]]) if one["path"] in there else None,
            }
            for one in asked["files"]
        ]
        self._answer({"files": files})

    def _batch(self, asked: dict[str, Any]) -> None:
        objects = []
        for one in asked["objects"]:
            wanted = {"upload": {"href": f"{self.of.url}/blobs/{one['oid']}"}}
            objects.append({**one, **({} if one["oid"] in self.of.blobs else {"actions": wanted})})
        self._answer({"transfer": "basic", "objects": objects})

    def _commit(self, there: dict[str, bytes], name: str, body: bytes) -> None:
        for line in body.splitlines():
            told = json.loads(line)
            if told["key"] == "file":
                there[told["value"]["path"]] = base64.b64decode(told["value"]["content"])
            elif told["key"] == "lfsFile":
                there[told["value"]["path"]] = self.of.blobs[told["value"]["oid"]]
        if self.of.commits_left is not None:
            self.of.commits_left -= 1
        self._answer({"commitUrl": f"{self.of.url}/{name}/commit/{'0' * 40}", "commitOid": "0" * 40, "success": True})


def _oid(path: str, content: bytes) -> str:
    """What git calls a file's content: sha1; of a large one its sha256."""
    if path.endswith(LARGE):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

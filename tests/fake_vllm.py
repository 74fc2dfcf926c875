"""What the command `vllm serve` looks like from outside: the options that are given to it, its key, its health, its answers.

It answers MINTZA_FAKE_FREE requests at once (default: all) and lets the others wait until the file MINTZA_FAKE_GO is there.
MINTZA_FAKE_ENDS: it ends at once, saying this.
"""

import argparse
import json
import os
import sys
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FREE = int(os.environ.get("MINTZA_FAKE_FREE", "1000000"))
GO = Path(os.environ.get("MINTZA_FAKE_GO", "/nowhere"))
WORDS = (
    "What",
    "does",
    "the",
    "small",
    "grey",
    "cat",
    "in",
    "our",
    "street",
    "eat",
    "when",
    "it",
    "is",
    "cold",
    "outside",
)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    taken = 0
    lock = threading.Lock()

    def do_GET(self) -> None:
        self._say(200, {"object": "list", "data": []})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("Authorization") != f"Bearer {os.environ['VLLM_API_KEY']}":
            self._say(401, {"error": "who are you"})
            return
        with Handler.lock:
            Handler.taken += 1
            waits = Handler.taken > FREE
        until = time.monotonic() + 120
        while waits and not GO.exists() and time.monotonic() < until:
            time.sleep(0.02)
        self._say(200, answer(body))

    def _say(self, status: int, told: dict[str, Any]) -> None:
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def answer(body: dict[str, Any]) -> dict[str, Any]:
    """A function of what is asked alone: some words, and a question mark."""
    asked = zlib.crc32(json.dumps([body.get("prompt"), body.get("messages"), body.get("seed")]).encode())
    text = " ".join([*WORDS[asked % 4 :: 1 + asked % 3], f"{asked % 1000}?"])
    usage = {"prompt_tokens": 3, "completion_tokens": len(text.split()), "total_tokens": 0}
    choice: dict[str, Any] = {"index": 0, "finish_reason": "stop", "text": text}
    choice["message"] = {"role": "assistant", "content": text}
    return {"object": "text_completion", "model": body.get("model"), "choices": [choice], "usage": usage}


def install(folder: Path) -> Path:
    """A folder for the PATH with `vllm` in it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vllm").write_text(
        f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).resolve()}" "$@"\n', encoding="utf-8"
    )
    (folder / "vllm").chmod(0o755)
    return folder


def main() -> None:
    """Serve until SIGTERM."""
    if os.environ.get("MINTZA_FAKE_ENDS"):
        sys.exit(os.environ["MINTZA_FAKE_ENDS"])
    parser = argparse.ArgumentParser()
    for name in ("--host", "--served-model-name"):
        parser.add_argument(name, required=True)
    for name in ("--port", "--max-model-len", "--max-num-seqs"):
        parser.add_argument(name, required=True, type=int)
    parser.add_argument("verb", choices=["serve"])
    parser.add_argument("location", type=Path)
    options = parser.parse_args()
    assert (options.location / "config.json").is_file()
    ThreadingHTTPServer((options.host, options.port), Handler).serve_forever()


if __name__ == "__main__":
    main()

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from processes import listening


@contextmanager
def served(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`mintza serve` in a process of its own, and its address."""
    pytest.importorskip("xllamacpp", reason="xllamacpp is not installed (pip install 'mintza[local]')")
    command = [sys.executable, "-u", "-m", "mintza.cli", "serve", *arguments, "--port", "0", "--slots", "2"]
    with listening([*command, "--context", "256"]) as found:
        yield found


def asked(url: str, body: dict[str, Any] | None = None, key: str = "") -> tuple[int, str]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=300) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def joined(stream: str) -> str:
    """What a stream of a chat says in all."""
    pieces = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: {")]
    return "".join(piece["choices"][0]["delta"].get("content") or "" for piece in pieces if piece["choices"])


def test_a_model_is_served_to_who_has_the_key_in_a_stream_too_and_stops_when_told(smol: Path, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("open sesame\n")
    chat = {"messages": [{"role": "user", "content": "Name a colour."}], "max_tokens": 4, "temperature": 0}
    with served(str(smol), "smol", "--key-file", str(tmp_path / "key")) as (process, url):
        assert asked(url.removesuffix("/v1") + "/health")[0] == 200
        assert asked(f"{url}/chat/completions", chat)[0] == 401
        assert asked(f"{url}/chat/completions", chat, "open sesam")[0] == 401
        assert asked(url.removesuffix("/v1") + "/props", key="open sesame")[0] == 404
        status, whole = asked(f"{url}/chat/completions", chat, "open sesame")
        _, stream = asked(f"{url}/chat/completions", {**chat, "stream": True}, "open sesame")
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
    assert status == 200
    assert str(smol) not in whole
    assert joined(stream) == json.loads(whole)["choices"][0]["message"]["content"] != ""
    assert stream.rstrip().endswith("[DONE]")


def test_a_folder_alone_is_served_to_several_at_once_and_each_gets_what_it_would_alone(tiny: Path) -> None:
    def said(text: str, *, stream: bool) -> str:
        body = {"messages": [{"role": "user", "content": text}], "max_tokens": 6, "temperature": 0, "stream": stream}
        status, reply = asked(f"{url}/chat/completions", body)
        assert status == 200
        if not stream:
            return str(json.loads(reply)["choices"][0]["message"]["content"])
        return joined(reply)

    texts = [f"the cow number {number}" for number in range(6)]
    with served(str(tiny), "tiny") as (_, url):
        alone = [said(text, stream=False) for text in texts]
        with ThreadPoolExecutor(6) as threads:
            together = list(threads.map(lambda text: said(text, stream=True), texts))
    assert together == alone
    assert len(set(alone)) > 1


def test_a_folder_of_another_architecture_is_refused_with_what_serves_it(tiny: Path, tmp_path: Path) -> None:
    pytest.importorskip("gguf", reason="gguf is not installed (pip install 'mintza[local]')")
    shutil.copytree(tiny, tmp_path / "gemma")
    config = json.loads((tmp_path / "gemma" / "config.json").read_text())
    (tmp_path / "gemma" / "config.json").write_text(json.dumps({**config, "architectures": ["GemmaForCausalLM"]}))
    command = [sys.executable, "-m", "mintza.cli", "serve", str(tmp_path / "gemma")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": ""})
    assert done.returncode == 1
    assert "GemmaForCausalLM" in done.stderr
    assert "pip install vllm" in done.stderr


def test_nobody_is_served_beyond_the_loopback_without_a_key(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"")
    command = [sys.executable, "-m", "mintza.cli", "serve", str(tmp_path / "m.gguf"), "--host", "0.0.0.0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": ""})
    assert done.returncode == 1
    assert "--key-file" in done.stderr

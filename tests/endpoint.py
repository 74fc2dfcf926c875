"""A fake OpenAI-compatible endpoint: a real HTTP/1.1 server on the loopback, in its own process, with its own log of requests.

It shares no code with the client. Run it as a script; its first line of output is its port. What it says depends on what it
is asked alone, so that two runs against it can be compared. Faults strike a request by the crc of what it asks.
"""

import argparse
import asyncio
import email.utils
import json
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FAULTS = "429, 500, 400, 401, hang, cut, refuse, html, schema, empty, nochoices, filtered, twice, late, swap"


class Plan:
    """What goes wrong. times: how often each struck request fails before it succeeds.  die: exit after so many requests."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.latency: float = options.latency
        self.times: int = options.times
        self.die: int = options.die
        self.limit: int = options.limit
        self.retry_after: str = options.retry_after
        self.names: str = options.names
        self.swapped: list[tuple[Connection, dict[str, Any], str]] = []
        self.down: float = time.monotonic() + options.down if options.down else 0.0
        self.faults = [(kind, float(share)) for kind, _, share in (text.partition(":") for text in options.fault)]
        self.log = os.open(options.log, os.O_CREAT | os.O_WRONLY | os.O_APPEND) if options.log else None
        self.seen: dict[str, int] = {}
        self.count = self.under_way = self.most = 0

    def fault(self, said: str) -> str:
        """The fault that strikes this request now, or ""."""
        if time.monotonic() < self.down:
            return "500"
        if self.limit and self.under_way > self.limit:
            return "429"
        if not self.faults:
            return ""
        place, before = zlib.crc32(said.encode()) % 10_000 / 10_000, self.seen.get(said, 0)
        self.seen[said] = before + 1
        for kind, share in self.faults:
            if place < share:
                return kind if before < self.times else ""
            place -= share
        return ""

    def note(self, body: dict[str, Any], did: str, key: str) -> None:
        if self.log is not None:
            line = {"at": time.time(), "said": said(body), "seed": body.get("seed"), "did": did, "key": key}
            os.write(self.log, (json.dumps({**line, "body": body if did == "" else None}) + "\n").encode())


def said(body: dict[str, Any]) -> str:
    """What is asked: the prompt, or the last turn."""
    return str(body["prompt"] if "prompt" in body else body["messages"][-1]["content"])


def reply(body: dict[str, Any], fault: str, name: str) -> bytes:
    """A completion or a chat completion. What it says is a function of the request. name: of the answer."""
    asked = said(body)
    text = f"You said {asked[-60:]!r} with luck {body.get('seed', 0)}."
    if "response_format" in body or "structured_outputs" in body:
        text = json.dumps({"wrong": 1} if fault == "schema" else {"text": text})
    if fault == "empty":
        text = ""
    finish = "content_filter" if fault == "filtered" else "stop"
    choice: dict[str, Any] = {"index": 0, "finish_reason": finish}
    if "prompt" in body:
        choice["text"] = text
    else:
        choice["message"] = {"role": "assistant", "content": text}
    tokens = len(asked.split()), len(text.split())
    usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
    whole = {"id": name, "object": "y", "model": body.get("model"), "choices": [choice], "usage": usage}
    return json.dumps({**whole, "choices": []} if fault == "nochoices" else whole).encode()


class Connection(asyncio.Protocol):
    """One connection: requests one after the other."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.buffer = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.buffer[:end].decode("latin-1").split("\r\n")
            fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            size = int(fields.get("content-length", "0"))
            if len(self.buffer) < end + 4 + size:
                return
            content, self.buffer = self.buffer[end + 4 : end + 4 + size], self.buffer[end + 4 + size :]
            if head[0].startswith("GET"):
                # Some clients want to know the model's name before they ask it.
                self.send(200, json.dumps({"object": "list", "data": [{"id": "m", "object": "model"}]}).encode(), "")
            else:
                self.asked(content, fields.get("authorization", ""), fields.get("x-request-id", ""))

    def asked(self, content: bytes, key: str, name: str) -> None:
        plan = self.plan
        plan.count += 1
        # As vLLM does, after the request's name; as most do, another for each answer; or one for all.
        name = {"echo": f"cmpl-{name}", "own": f"cmpl-{plan.count}", "one": "x"}[plan.names]
        plan.under_way += 1
        plan.most = max(plan.most, plan.under_way)
        body = json.loads(content)
        fault = plan.fault(said(body))
        plan.note(body, fault, key)
        if plan.die and plan.count >= plan.die:
            os._exit(0)
        if fault == "hang":
            plan.under_way -= 1
            return
        wait = 0.0 if fault in {"429", "500", "400", "401", "refuse"} else plan.latency
        asyncio.get_running_loop().call_later(wait, self.answer, body, fault, name)

    def answer(self, body: dict[str, Any], fault: str, name: str) -> None:
        self.plan.under_way -= 1
        if self.transport.is_closing():
            return
        if fault == "refuse":
            self.transport.abort()
        elif fault in {"429", "500", "400", "401"}:
            more = f"Retry-After: {self.after()}\r\n" if fault == "429" and self.plan.retry_after else ""
            self.send(int(fault), json.dumps({"error": {"message": f"fault {fault}"}}).encode(), more)
        elif fault == "cut":
            whole = reply(body, "", name)
            self.transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(whole) + whole[: len(whole) // 2]
            )
            self.transport.close()
        elif fault == "swap":
            self.swap(body, name)
        else:
            self.send(200, b"<html>busy</html>" if fault == "html" else reply(body, fault, name), "")
            # The same answer once more, which nobody asked for: at once, or when the connection rests or serves another.
            if fault == "twice":
                self.send(200, reply(body, fault, name), "")
            elif fault == "late":
                asyncio.get_running_loop().call_later(0.015, self.again, body, name)

    def again(self, body: dict[str, Any], name: str) -> None:
        if not self.transport.is_closing():
            self.send(200, reply(body, "", name), "")

    def swap(self, body: dict[str, Any], name: str) -> None:
        """Two such requests get each other's answer; one that no other follows soon gets its own."""
        waiting = self.plan.swapped
        mine = (self, body, name)
        if not waiting:
            waiting.append(mine)
            asyncio.get_running_loop().call_later(0.5, self.alone, mine)
            return
        other, its_body, its_name = waiting.pop()
        other.again(body, name)
        self.again(its_body, its_name)

    def alone(self, mine: "tuple[Connection, dict[str, Any], str]") -> None:
        if mine in self.plan.swapped:
            self.plan.swapped.remove(mine)
            self.again(mine[1], mine[2])

    def after(self) -> str:
        if self.plan.retry_after == "date":
            return email.utils.formatdate(time.time() + 1, usegmt=True)
        return self.plan.retry_after

    def send(self, status: int, content: bytes, more: str) -> None:
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{more}Content-Length: {len(content)}\r\n\r\n"
        self.transport.write(head.encode() + content)


async def serve(options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    plan = Plan(options)
    server = await loop.create_server(lambda: Connection(plan), "127.0.0.1", options.port, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    over = loop.create_future()
    loop.add_signal_handler(signal.SIGTERM, over.set_result, None)
    await over
    print(plan.most, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--log", default="")
    parser.add_argument("--fault", action="append", default=[], help=f"KIND:SHARE of {FAULTS}")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--die", type=int, default=0)
    parser.add_argument("--limit", type=int, default=0, help="more at once than this get 429")
    parser.add_argument("--retry-after", default="")
    parser.add_argument("--names", choices=("echo", "own", "one"), default="own", help="what answers are called")
    parser.add_argument("--down", type=float, default=0.0, help="seconds of 500 at the start")
    asyncio.run(serve(parser.parse_args()))


class Endpoint:
    """A running endpoint, seen from a test."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}/v1"
        self._log = log

    @property
    def log(self) -> list[dict[str, Any]]:
        """Each request that arrived, in order; a line that is being written is left for the next look."""
        return [json.loads(line) for line in self._log.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def most(self) -> int:
        """Stop it; how many requests it held at a time at most."""
        self.process.terminate()
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())


@contextmanager
def endpoint(log: Path, *options: str) -> Iterator[Endpoint]:
    """An endpoint in a process of its own, for as long as the block runs."""
    command = [sys.executable, __file__, "--log", str(log), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Endpoint(process, int(process.stdout.readline()), log)
        finally:
            process.kill()


if __name__ == "__main__":
    main()

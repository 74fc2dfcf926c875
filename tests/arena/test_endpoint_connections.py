"""Connections that are kept, lost, reused and sealed: no answer is another question's, and none is lost to a connection that had died."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from arena.model_endpoint import event
from mintza.arena.endpoints import connections
from mintza.arena.endpoints.client import Asked, EndpointFailed, HttpEndpoint
from mintza.arena.settings import ArenaModel, Endpoint, Timeouts
from mintza.errors import MissingPart, StudyError

ASKED = Asked("", 0.5, 0.9, 200)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter, int], Awaitable[None]]


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def whole(text: str) -> bytes:
    """An answer after which the connection is kept."""
    parts = chunk(event(text)) + chunk(event(None, "stop")) + chunk(b"data: [DONE]\n\n")
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + parts + b"0\r\n\r\n"


async def question(reader: asyncio.StreamReader) -> bytes:
    """The next one's head, b"" where there is none."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""
    await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]))
    return head


@asynccontextmanager
async def server(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port of a server that talks so on each connection, counted from 0."""
    count, tasks = iter(range(100)), set[asyncio.Task[None]]()

    async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await talk(reader, writer, next(count))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    made = await asyncio.start_server(taken, "127.0.0.1", 0, ssl=tls)
    try:
        yield made.sockets[0].getsockname()[1]
    finally:
        made.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def endpoint(port: int, scheme: str = "http", **more: object) -> HttpEndpoint:
    where = Endpoint.model_validate({"url": f"{scheme}://127.0.0.1:{port}/v1", **more})
    return HttpEndpoint("m1", ArenaModel(model="m", execution=where))


async def ask(asked: HttpEndpoint) -> str:
    pieces = list[str]()
    await asked.answer([{"role": "user", "content": "Kaixo"}], ASKED, pieces.append)
    return "".join(pieces)


async def failing(asked: HttpEndpoint) -> str:
    with pytest.raises(EndpointFailed) as failed:
        await ask(asked)
    return failed.value.why


def test_one_connection_serves_many_questions() -> None:
    made = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        made.append(number)
        while await question(reader):
            writer.write(whole("Kaixo"))

    async def run() -> None:
        async with server(talk) as port:
            asked = endpoint(port)
            assert [await ask(asked) for _ in range(5)] == ["Kaixo"] * 5
            await asked.close()

    asyncio.run(run())
    assert made == [0]


def test_a_question_that_a_resting_connection_lost_is_asked_on_a_fresh_one() -> None:
    """The server closes each connection when it is asked for the second time, without a byte."""
    asked_on = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        for turn in range(2):
            await question(reader)
            asked_on.append((number, turn))
            if turn == 0:
                writer.write(whole(f"from {number}"))

    async def run() -> None:
        async with server(talk) as port:
            asked = endpoint(port)
            assert [await ask(asked), await ask(asked)] == ["from 0", "from 1"]
            await asked.close()

    asyncio.run(run())
    assert asked_on[:3] == [(0, 0), (0, 1), (1, 0)]


def test_what_a_resting_connection_says_is_nobodys_answer() -> None:
    """More than one answer to one question: at once, or while the connection rests."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        while await question(reader):
            writer.write(whole("mine"))
            if number:
                await writer.drain()
                await asyncio.sleep(0.02)
            writer.write(whole("another's"))

    async def run() -> None:
        async with server(talk) as port:
            asked = endpoint(port)
            for pause in (0, 0.1, 0.1, 0):
                assert await ask(asked) == "mine"
                await asyncio.sleep(pause)
            await asked.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"", "unreachable"),
        (b"HTTP/1.1 2", "unreachable"),
        (b"SSH-2.0-OpenSSH\r\n", "not_a_stream"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 400_000, "not_a_stream"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(event("half")) + b"zz\r\n", "not_a_stream"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(event("half")), "unfinished"),
        (HEAD + b"Content-Length: 100000\r\n\r\n" + event("half"), "unfinished"),
        (
            HEAD + b"Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\n" + b"\x1f\x8b\x08\x00" + b"\n" * 6,
            "not_a_stream",
        ),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "http_302"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "http_204"),
    ],
)
def test_what_is_no_answer_is_told_by_its_code(said: bytes, why: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await question(reader)
        writer.write(said)

    async def run() -> str:
        async with server(talk) as port:
            asked = endpoint(port)
            found = await failing(asked)
            await asked.close()
            return found

    assert asyncio.run(run()) == why


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + whole("Kaixo"),
        HEAD + b"\r\n" + event("Kaixo") + event(None, "stop"),
        HEAD + b"\r\n" + event("Kaixo", "stop").replace(b"\n", b"\r\n"),
        HEAD + b"\r\n: beat\n\nevent: x\nid: 1\n" + event("Kaixo") + event(None, "stop").rstrip(b"\n"),
    ],
)
def test_every_shape_of_a_stream_is_read_whatever_its_parts(said: bytes) -> None:
    """In one piece, and byte by byte."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await question(reader)
        for at in range(0, len(said), len(said) if number == 0 else 1):
            writer.write(said[at : at + (len(said) if number == 0 else 1)])
            await asyncio.sleep(0)

    async def run() -> None:
        async with server(talk) as port:
            for _ in range(2):
                asked = endpoint(port)
                assert await ask(asked) == "Kaixo"
                await asked.close()

    asyncio.run(run())


def test_more_questions_than_connections_wait_and_who_waits_too_long_is_told() -> None:
    most = 0
    now = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        nonlocal most, now
        while await question(reader):
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.02)
            now -= 1
            writer.write(whole("Kaixo"))

    async def hanging(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await asyncio.sleep(30)

    async def run() -> None:
        async with server(talk) as port:
            asked = endpoint(port, connections=2)
            assert await asyncio.gather(*(ask(asked) for _ in range(8))) == ["Kaixo"] * 8
            await asked.close()
        async with server(hanging) as port:
            asked = endpoint(port, connections=1, timeouts=Timeouts(first=0.3).model_dump())
            assert await asyncio.gather(*(failing(asked) for _ in range(3))) == ["slow_first"] * 3
            await asked.close()

    asyncio.run(run())
    assert most == 2


def test_who_leaves_a_connection_leaves_the_next_ones_answer_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody asks in the very moment in which the connection comes to rest, before the one whose answer it brought has left it."""
    monkeypatch.setattr(connections, "LINGERS_S", 0.02)
    made = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        made.append(number)
        await question(reader)
        writer.write(whole("first"))
        await question(reader)
        said = whole("second")
        writer.write(said[:200])
        await asyncio.sleep(0.1)
        writer.write(said[200:])

    async def run() -> None:
        async with server(talk) as port:
            asked, next_one = endpoint(port, connections=2), list[asyncio.Task[str]]()
            await asked.answer([], ASKED, lambda _: next_one.append(asyncio.create_task(ask(asked))))
            assert await next_one[0] == "second"
            await asked.close()

    asyncio.run(run())
    assert made == [0]


def test_a_server_that_does_not_say_that_its_answer_is_over_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "LINGERS_S", 0.02)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await question(reader)
        writer.write(whole("Kaixo").removesuffix(b"0\r\n\r\n"))
        await asyncio.sleep(30)

    async def run() -> None:
        async with server(talk) as port:
            asked = endpoint(port, connections=1)
            assert await asyncio.gather(*(ask(asked) for _ in range(3))) == ["Kaixo"] * 3
            await asked.close()

    asyncio.run(run())


def test_nobody_who_stops_to_listen_leaves_a_connection_behind() -> None:
    closed = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        await question(reader)
        writer.write(HEAD + b"\r\n" + event("half"))
        assert await reader.read() == b""
        closed.set()

    async def run() -> None:
        async with server(talk) as port:
            asked, pieces = endpoint(port, connections=1), list[str]()
            task = asyncio.create_task(asked.answer([], ASKED, pieces.append))
            while not pieces:
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert task.cancelled()
            async with asyncio.timeout(60):
                await closed.wait()
            await asked.close()

    asyncio.run(run())


def certificate(folder: Path) -> ssl.SSLContext:
    """A server's, signed by itself, in `folder/own.pem`."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "own")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    hidden = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "own.pem").write_bytes(made.public_bytes(pem))
    (folder / "both.pem").write_bytes(made.public_bytes(pem) + hidden)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


def test_over_https_a_server_is_heard_only_if_its_certificate_is_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        while await question(reader):
            writer.write(whole("Kaixo"))

    async def run() -> tuple[str, str]:
        async with server(talk, certificate(tmp_path)) as port:
            stranger = await failing(endpoint(port, "https"))
            monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
            asked = endpoint(port, "https")
            found = await ask(asked) + await ask(asked)
            await asked.close()
            return stranger, found

    assert asyncio.run(run()) == ("unreachable", "KaixoKaixo")


@pytest.mark.parametrize(
    "url", ["http://", "http://127.0.0.1:x/v1", "http://127.0.0.1:99999/v1", "http://me:key@host/v1"]
)
def test_an_address_that_is_none_is_said_at_the_start_with_its_place(url: str) -> None:
    with pytest.raises(StudyError, match=r"models\.m1\.execution\.url"):
        HttpEndpoint("m1", ArenaModel(model="m", execution=Endpoint(url=url)))


def test_a_key_that_no_header_can_hold_is_said_at_the_start_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINTZA_TEST_KEY", "secret\r\nX-Other: 1")
    settings = ArenaModel(model="m", execution=Endpoint(url="http://127.0.0.1:1/v1", key_env="MINTZA_TEST_KEY"))
    with pytest.raises(MissingPart, match="m1") as refused:
        HttpEndpoint("m1", settings)
    assert "secret" not in str(refused.value)


def test_a_question_goes_where_the_address_says() -> None:
    heads = list[bytes]()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        heads.append(await question(reader))
        writer.write(whole("Kaixo"))

    async def run() -> None:
        async with server(talk) as port:
            where = Endpoint(url=f"http://127.0.0.1:{port}/open ai/v1/?version=1")
            asked = HttpEndpoint("m1", ArenaModel(model="m", execution=where))
            await ask(asked)
            await asked.close()
            assert f"Host: 127.0.0.1:{port}\r\n".encode() in heads[0]

    asyncio.run(run())
    assert heads[0].startswith(b"POST /open%20ai/v1/chat/completions?version=1 HTTP/1.1\r\n")

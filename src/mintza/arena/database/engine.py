"""The one file that knows SQLAlchemy: a database whose work is done on threads, each piece in one transaction.

SQLite has one writer. What waits for it is taken together: each piece of work in a savepoint, one commit for all, and nobody
is told before the commit is on the disk (WAL, synchronous=FULL). PostgreSQL groups its commits itself.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from mintza.arena.refusals import Conflict, DatabaseDown

if TYPE_CHECKING:
    from sqlalchemy import Connection as SqlConnection
    from sqlalchemy import Engine, TextClause

T = TypeVar("T")
Row = Mapping[str, Any]
TOGETHER = 64
BUSY_S = 5.0
# A connection that was used so lately is taken to be there: to ask it costs as much as a statement.
FRESH_S = 1.0


@lru_cache(maxsize=512)
def _text(sql: str) -> TextClause:
    from sqlalchemy import text

    return text(sql)


class Connection:
    """SQL with `:names`, in a transaction that whoever opened it ends."""

    def __init__(self, inner: SqlConnection) -> None:
        self._inner = inner

    def all(self, sql: str, **values: Any) -> list[Row]:
        """Every row."""
        with translated():
            return [dict(row) for row in self._inner.execute(_text(sql), values).mappings()]

    def one(self, sql: str, **values: Any) -> Row | None:
        """The first row, if any."""
        with translated():
            row = self._inner.execute(_text(sql), values).mappings().first()
        return None if row is None else dict(row)

    def held(self, sql: str, **values: Any) -> Row | None:
        """The row of this SELECT; nobody else changes it until the transaction ends. SQLite has one writer at a time anyway."""
        return self.one(sql if self._inner.dialect.name == "sqlite" else f"{sql} FOR UPDATE", **values)

    def run(self, sql: str, **values: Any) -> int:
        """Rows that were changed. Raises Conflict when a row that must be unique is there already."""
        with translated():
            return int(self._inner.execute(_text(sql), values).rowcount)

    def many(self, sql: str, values: Sequence[Mapping[str, Any]]) -> None:
        """The same statement for each of `values`."""
        if values:
            with translated():
                self._inner.execute(_text(sql), [dict(each) for each in values])

    def run_with(self, sql: str, columns: Mapping[str, str], values: Sequence[Mapping[str, Any]]) -> None:
        """One statement, in which `{rows}` is a table of `values`. columns: name -> type, `text` or `int`; names of the code alone.

        They go as one value of JSON. A thousand statements would ask a thousand times for the interpreter, which others have.
        """
        if self._inner.dialect.name == "sqlite":
            picked = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
            rows = f"(SELECT {picked} FROM json_each(:rows))"
        else:
            rows = f"(SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS r({', '.join(map(' '.join, columns.items()))}))"
        self.run(sql.format(rows=rows), rows=msgspec.json.encode(values).decode())

    def unhurried(self) -> None:
        """What this transaction writes may be lost with the machine, though it says that it is committed: nobody waits for the disk."""
        if self._inner.dialect.name != "sqlite":
            self.one("SELECT set_config('synchronous_commit', 'off', true)")

    def insert(self, table: str, **values: Any) -> None:
        """One new row. Table and columns are names of the schema, never of a request."""
        names = ", ".join(values)
        holes = ", ".join(f":{name}" for name in values)
        self.run(f"INSERT INTO {table} ({names}) VALUES ({holes})", **values)


@contextmanager
def translated() -> Iterator[None]:
    """Errors of the database as ours."""
    from sqlalchemy import exc

    try:
        yield
    except exc.IntegrityError as error:
        raise Conflict(str(error.orig)) from error
    except (exc.SQLAlchemyError, OSError) as error:
        raise DatabaseDown(f"{type(error).__name__}: {error}") from error


class Database:
    """A database by its URL: `sqlite:////path` or `postgresql://...`. Close it when done."""

    def __init__(self, url: str, *, readers: int = 6) -> None:
        self.url = url
        self.sqlite = url.startswith("sqlite:")
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="arena-database")
        self.engine = _sqlite(url, 1, "BEGIN IMMEDIATE") if self.sqlite else _postgresql(url, readers)
        # Each statement of PostgreSQL sees what is committed by then, with BEGIN or without; without, there are two messages fewer.
        alone = {"isolation_level": "AUTOCOMMIT"}
        self._reading = _sqlite(url, readers, "BEGIN") if self.sqlite else self.engine.execution_options(**alone)
        self._writer = _Writer(self.engine) if self.sqlite else None

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` finds. Raises DatabaseDown."""
        return await asyncio.wrap_future(self._readers.submit(_in_transaction, self._reading, work))

    async def write(self, work: Callable[[Connection], T]) -> T:
        """What `work` gives, once it is committed. It may be cut off, never half done. Raises DatabaseDown, Conflict."""
        if self._writer is None:
            return await asyncio.wrap_future(self._readers.submit(_in_transaction, self.engine, work))
        return await asyncio.wrap_future(self._writer.submit(work))

    async def write_unless_there(self, work: Callable[[Connection], T]) -> T:
        """As `write`, for work that looks before it inserts: where another was there first, it looks once more."""
        try:
            return await self.write(work)
        except Conflict:
            return await self.write(work)

    def close(self) -> None:
        """End the threads and the connections; what was taken is finished first."""
        if self._writer is not None:
            self._writer.close()
        self._readers.shutdown(wait=True)
        self._reading.dispose()
        self.engine.dispose()


def _in_transaction(engine: Engine, work: Callable[[Connection], T]) -> T:
    with translated(), engine.begin() as connection:
        return work(Connection(connection))


class _Writer:
    """The only thread that writes to SQLite."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: queue.SimpleQueue[tuple[Callable[[Connection], Any], Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="arena-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        future: Future[T] = Future()
        self._waiting.put((work, future))
        return future

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join()

    def _serve(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, last = [first], False
            while len(batch) < TOGETHER and not self._waiting.empty():
                if (following := self._waiting.get()) is None:
                    last = True
                    break
                batch.append(following)
            self._together([(work, future) for work, future in batch if future.set_running_or_notify_cancel()])
            if last:
                return

    def _together(self, batch: list[tuple[Callable[[Connection], Any], Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any, BaseException | None]] = []
        # One alone needs no savepoint: what it raises undoes it.
        within = _in_savepoint if len(batch) > 1 else _alone
        try:
            with translated(), self._engine.begin() as connection:
                for work, future in batch:
                    result, problem = within(connection, work)
                    if isinstance(problem, DatabaseDown):
                        # SQLite may have undone the whole transaction (a full disk): nobody is told that it was kept.
                        raise problem
                    done.append((future, result, problem))
        except Exception as error:
            done = [(future, None, error) for _, future in batch]
        for future, result, problem in done:
            if problem is None:
                future.set_result(result)
            else:
                future.set_exception(problem)


def _in_savepoint(connection: SqlConnection, work: Callable[[Connection], Any]) -> tuple[Any, BaseException | None]:
    """The result of one piece of work, or what it raised; its own changes alone are then undone."""
    try:
        with translated(), connection.begin_nested():
            return work(Connection(connection)), None
    except Exception as error:
        return None, error


def _alone(connection: SqlConnection, work: Callable[[Connection], Any]) -> tuple[Any, None]:
    return work(Connection(connection)), None


def _sqlite(url: str, size: int, begin: str) -> Engine:
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import QueuePool

    options = {"check_same_thread": False, "timeout": BUSY_S}
    engine = create_engine(url, poolclass=QueuePool, pool_size=size, max_overflow=0, connect_args=options)

    def connected(connection: Any, _record: Any) -> None:
        # Python's sqlite3 begins transactions of its own unless it is told not to.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16000"):
            connection.execute(f"PRAGMA {pragma}").close()

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _postgresql(url: str, size: int) -> Engine:
    from sqlalchemy import create_engine, event, exc

    address = "postgresql+psycopg://" + url.split("://", 1)[1]
    engine = create_engine(
        address,
        pool_size=size,
        max_overflow=0,
        pool_timeout=BUSY_S,
        connect_args={"connect_timeout": int(BUSY_S)},
    )

    def given_back(_: Any, record: Any) -> None:
        record.info["used_at"] = time.monotonic()

    def taken(connection: Any, record: Any, _: Any) -> None:
        if time.monotonic() - record.info.get("used_at", 0.0) < FRESH_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise exc.DisconnectionError from error

    event.listen(engine, "checkin", given_back)
    event.listen(engine, "checkout", taken)
    return engine

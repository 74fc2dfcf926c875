"""Passwords, by argon2id. The only file that knows pwdlib."""

from __future__ import annotations

import asyncio
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

MINIMUM = 10
MAXIMUM = 200
# OWASP's second choice: 19 MiB, two passes. On two threads a flood of logins takes 38 MiB and no more.
MEMORY_KIB, PASSES, THREADS = 19456, 2, 2


class Hash(Protocol):
    """Makes and checks hashes of passwords."""

    def hash(self, password: str) -> str:
        """The hash, with its salt and costs."""
        ...

    def verify(self, password: str, hash: str) -> bool:
        """Whether it is the hash of the password."""
        ...


def argon2() -> Hash:
    """argon2id, at the costs above."""
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    return PasswordHash((Argon2Hasher(memory_cost=MEMORY_KIB, time_cost=PASSES, parallelism=1),))


class Passwords:
    """Hashes and checks passwords off the event loop. made_by: None for argon2id."""

    def __init__(self, made_by: Hash | None = None) -> None:
        self._hash = made_by or argon2()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="arena-passwords")
        self._nobody = self._hash.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """The hash, with its salt and costs."""
        return await asyncio.wrap_future(self._threads.submit(self._hash.hash, password))

    async def fits(self, password: str, hashed: str | None) -> bool:
        """Whether the password is the one. Where there is no hash, as much time is spent: nobody learns who has an account."""
        checked = self._threads.submit(self._hash.verify, password[:MAXIMUM], hashed or self._nobody)
        return await asyncio.wrap_future(checked) and hashed is not None

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=True)


def acceptable(password: str, name: str) -> bool:
    """Long enough, not the name, not one character over and over."""
    return MINIMUM <= len(password) <= MAXIMUM and password.casefold() != name.casefold() and len(set(password)) > 3

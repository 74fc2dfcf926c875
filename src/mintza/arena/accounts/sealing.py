"""Keys: what is signed cannot be made up, what is sealed cannot be read. The only file that knows cryptography."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from mintza.errors import BadInput, MissingPart

SECRET_BYTES = 32


def secret_of(folder: Path) -> bytes:
    """The arena's own secret, made at its first start in `folder`, readable by its owner alone."""
    path = folder / "secret"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        pass
    except OSError as error:
        raise BadInput(error.strerror or str(error), place=str(path), remedy="let the arena write there") from None
    secret = path.read_bytes()
    if len(secret) != SECRET_BYTES:
        raise BadInput("not a secret of 32 bytes", place=str(path), remedy="bring it back from a back-up, or delete it")
    return secret


class Signer:
    """Signs texts for one purpose each, so that what was signed for one is worth nothing for another."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def sign(self, purpose: str, *parts: str) -> str:
        """43 characters that only the holder of the secret can make."""
        message = "\x1f".join((purpose, *parts)).encode()
        return base64.urlsafe_b64encode(hmac.digest(self._secret, message, "sha256")).decode().rstrip("=")

    def holds(self, signature: str, purpose: str, *parts: str) -> bool:
        """Whether the signature is that of these parts; takes the same time for every wrong one."""
        return hmac.compare_digest(signature.encode(), self.sign(purpose, *parts).encode())


class Sealer:
    """Seals a text so that only the holder of the key reads it (Fernet: AES-128-CBC and HMAC-SHA256)."""

    def __init__(self, key: str) -> None:
        from cryptography.fernet import Fernet

        try:
            self._fernet = Fernet(key.strip())
        except ValueError:
            remedy = (
                "give 32 random bytes in URL-safe base64, such as `cryptography.fernet.Fernet.generate_key()` prints"
            )
            raise BadInput("the key of e-mail addresses is no key", remedy=remedy) from None

    def seal(self, text: str) -> str:
        """The text, sealed."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str | None:
        """The text; None when it was sealed by another key."""
        from cryptography.fernet import InvalidToken

        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            return None


def sealer_of(variable: str, file: Path | None) -> Sealer:
    """The sealer whose key is in an environment variable or a file. Raises MissingPart when in neither."""
    key = os.environ.get(variable, "")
    if not key and file is not None and file.is_file():
        key = file.read_text(encoding="ascii", errors="replace")
    if not key:
        where = f"the environment variable {variable}" + (f" or {file}" if file else "")
        raise MissingPart(
            "e-mail addresses are asked for, and there is no key to seal them",
            remedy=f"put a key into {where}, or set `participation: {{email: false}}`",
        )
    return Sealer(key)


def new_token() -> str:
    """256 random bits, as text for an address or a cookie."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest(token: str) -> str:
    """What the database keeps of a token: of no use to whoever reads it there."""
    return hashlib.sha256(token.encode()).hexdigest()

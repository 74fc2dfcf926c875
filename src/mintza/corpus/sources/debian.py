"""Packages of Debian: fetched by apt-get without root, and read without being unpacked."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mintza.corpus.source_settings import ReadingLimits
from mintza.corpus.sources.opening import Joined
from mintza.corpus.sources.unpacking import PACKED, DamagedFile, unpacked
from mintza.errors import BadInput

_MAGIC = b"!<arch>\n"
_MOST = 1 << 30
_WAIT_SECONDS = 600


def apt_download(package: str, folder: Path) -> None:
    """Bring a package into a folder, by `apt-get download`, without root and without installing it.

    Raises BadInput where there is no apt-get, it does not know the package or has no network.
    """
    apt = shutil.which("apt-get")
    if apt is None:
        raise BadInput(
            f"apt-get is not on this machine, so {package} cannot be fetched",
            place=str(folder),
            remedy=f"run `apt-get download {package}` on a machine with Debian or Ubuntu, and copy the .deb here",
        )
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetching-") as apart:
        try:
            done = subprocess.run(
                [apt, "download", package],
                cwd=apart,
                capture_output=True,
                text=True,
                check=False,
                timeout=_WAIT_SECONDS,
            )
            said, code = done.stderr, done.returncode
        except subprocess.TimeoutExpired:
            said, code = f"no answer in {_WAIT_SECONDS} seconds", 1
        brought = sorted(Path(apart).glob("*.deb"))
        if code or not brought:
            errors = (
                [line for line in said.splitlines() if line.startswith("E:")] or said.splitlines() or ["nothing came"]
            )
            raise BadInput(
                f"apt-get could not fetch {package} ({errors[0][:200]})",
                place=str(folder),
                remedy="check the network and the code of the language, and run `apt-get update` (as root) if the list is old",
            )
        for package_file in brought:
            package_file.replace(folder / package_file.name)


def members(package: Path, limits: ReadingLimits) -> Iterator[tuple[str, bytes]]:
    """Name (from the root, without a slash) and content of each file in a package. Raises DamagedFile."""
    suffix, packed = _data(package)
    if suffix and suffix not in PACKED:
        raise DamagedFile("packed in a way that is not known", detail=suffix)
    pieces = unpacked(io.BytesIO(packed), suffix, ratio=limits.unpacked_ratio) if suffix else iter([packed])
    stream = Joined(pieces)
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                if not member.isfile():
                    continue
                name = member.name.removeprefix("./").lstrip("/")
                if member.size > limits.document_bytes:
                    raise DamagedFile("larger than a document may be", detail=name)
                opened = tar.extractfile(member)
                yield name, opened.read() if opened else b""
    except (tarfile.TarError, EOFError) as error:
        raise stream.damage or DamagedFile("damaged", detail=str(error)) from None
    if stream.damage:
        raise stream.damage


def _data(package: Path) -> tuple[str, bytes]:
    """Suffix of the compression, and bytes, of the archive of files in a package. Raises DamagedFile."""
    try:
        with package.open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                raise DamagedFile("not a package of Debian")
            while head := file.read(60):
                size = int(head[48:58]) if len(head) == 60 and head[48:58].strip().isdigit() else -1
                if not 0 <= size <= _MOST:
                    raise DamagedFile("damaged", detail="not the head of a member")
                name = head[:16].decode("ascii", "replace").strip().rstrip("/")
                if not name.startswith("data.tar"):
                    file.seek(size + size % 2, io.SEEK_CUR)
                    continue
                data = file.read(size)
                if len(data) < size:
                    raise DamagedFile("cut short")
                return name.removeprefix("data.tar"), data
    except OSError as error:
        raise DamagedFile("cannot be opened", detail=error.strerror or str(error)) from None
    raise DamagedFile("cut short")

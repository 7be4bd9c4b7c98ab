"""Read a file that somebody sent, in a process of its own.

A file that takes too long or too much memory ends its own process, and nothing else: the one who sent it
is told, everybody else is served. Call it outside of every transaction and lock.
"""

import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from balmis.core.errors import BadInput
from balmis.core.files.book import Book
from balmis.core.refusal_texts import gettext_noop
from balmis.uploads import limits

TOO_HEAVY = gettext_noop(
    "The file takes too long or too much memory to read. Save it anew with only what is needed."
)
BUSY = gettext_noop("Other files are being read. Try again in a minute.")
HOME = Path(__file__).parents[2]

_places = threading.BoundedSemaphore(limits.AT_ONCE)
T = TypeVar("T")


class _Answer(msgspec.Struct):
    found: msgspec.Raw = msgspec.Raw(b"")
    problem: str | None = None
    fields: list[str] = []


def read_book(data: bytes) -> Book:
    """An xlsx workbook or a list in text. Raises BadInput."""
    return _read("book", data, Book)


def read_logger(
    data: bytes, *, time_zone: str, day_first: bool | None
) -> list[tuple[datetime, float]]:
    """The readings of a data logger's file. Raises BadInput."""
    kind = list[tuple[datetime, float]]
    return _read("logger", data, kind, time_zone=time_zone, day_first=day_first)


def _read(reader: str, data: bytes, kind: type[T], **options: object) -> T:
    """What the reader made of it. Raises BadInput."""
    until = time.monotonic() + limits.WAIT
    if not _places.acquire(timeout=limits.WAIT / 2):
        raise BadInput(BUSY)
    try:
        answer = _run(reader, options, data, until - time.monotonic())
    finally:
        _places.release()
    if answer.problem is not None:
        raise BadInput(answer.problem or TOO_HEAVY, tuple(answer.fields))
    return msgspec.msgpack.decode(answer.found, type=kind)


def _run(reader: str, options: dict[str, object], data: bytes, seconds: float) -> _Answer:
    said = msgspec.json.encode(options).decode()
    try:
        done = run_confined(["-m", "balmis.uploads.child", reader, said], data, seconds)
    except subprocess.TimeoutExpired:
        raise BadInput(TOO_HEAVY) from None
    if done.returncode > 0:  # not ended by a limit: a fault of ours, with its own words
        raise RuntimeError(done.stderr.decode(errors="replace")[-2000:])
    if done.returncode < 0 or len(done.stdout) > limits.ANSWER:
        raise BadInput(TOO_HEAVY)
    return msgspec.msgpack.decode(done.stdout, type=_Answer)


def run_confined(
    arguments: list[str], data: bytes, seconds: float
) -> subprocess.CompletedProcess[bytes]:
    """Python with these arguments and nothing of our environment. Raises TimeoutExpired."""
    return subprocess.run(
        [sys.executable, "-P", *arguments],
        input=data,
        capture_output=True,
        timeout=seconds,
        env={"PYTHONPATH": str(HOME), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
        check=False,
    )

"""Files that people send: read apart, while nothing of the database is held."""

from __future__ import annotations

from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import connection

from balmis.core.files.book import Book
from balmis.uploads import apart


def read_book(file: UploadedFile[bytes]) -> Book:
    """A workbook or a list in text. Raises BadInput."""
    return apart.read_book(_data(file))


def read_logger(
    file: UploadedFile[bytes], *, time_zone: str, day_first: bool | None
) -> list[tuple[datetime, float]]:
    """The file of a data logger. Raises BadInput."""
    return apart.read_logger(_data(file), time_zone=time_zone, day_first=day_first)


def _data(file: UploadedFile[bytes]) -> bytes:
    """Its bytes; the connection goes back to the others, for as long as they are read."""
    if not connection.in_atomic_block:
        connection.close()
    data: bytes = file.read()
    return data

"""Rows that seldom change: a campaign and its plans, sites, products, schedules in force.

A desk's step reads them anew each time, and that is most of its work. Within `reference()` what was
read is kept in the process and used again, for as long as nobody has changed any such row: the
database keeps one token for all of them (`ReferenceToken`), which every change replaces when it is
committed. What is kept is shared between threads: read it, never change it.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar, cast

from django.db import connection

P = ParamSpec("P")
R = TypeVar("R")
Kept = dict[tuple[Any, ...], Any]

MOST = 5_000  # answers kept by a process

_kept: tuple[Any, Kept] = (None, {})
_now: ContextVar[Kept | None] = ContextVar("reference", default=None)


@contextmanager
def reference() -> Iterator[None]:
    """For flows that change no such row."""
    global _kept
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM ledger_referencetoken")
        token = cursor.fetchone()[0]
    if _kept[0] != token or len(_kept[1]) > MOST:
        _kept = (token, {})
    before = _now.set(_kept[1])
    try:
        yield
    finally:
        _now.reset(before)


def referenced(query: Callable[P, R]) -> Callable[P, R]:
    """A query of reference rows; its arguments are its key. Errors are not kept."""

    @functools.wraps(query)
    def read(*args: P.args, **kwargs: P.kwargs) -> R:
        kept = _now.get()
        if kept is None:
            return query(*args, **kwargs)
        key = (query, args, tuple(sorted(kwargs.items())))
        if key not in kept:
            kept[key] = query(*args, **kwargs)
        return cast("R", kept[key])

    return read

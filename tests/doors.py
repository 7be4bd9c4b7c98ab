"""Every door of the program as it runs: pages, the API, the gate, commands."""

from collections.abc import Iterator
from dataclasses import dataclass

import typer
from django.urls import URLPattern, URLResolver, get_resolver

from balmis.api.v1 import api
from balmis.cli.main import app


@dataclass(frozen=True)
class Door:
    """`acts` are those that the door itself asks for; '' where flows or tokens decide."""

    kind: str
    name: str
    path: str
    acts: str


def doors() -> list[Door]:
    found = [*_pages(get_resolver()), *_calls(), *_commands()]
    return sorted(found, key=lambda d: (d.kind, d.path, d.name))


def _pages(of: URLResolver, before: str = "") -> Iterator[Door]:
    for pattern in of.url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if not path.startswith("api/"):
                yield from _pages(pattern, path)
        elif isinstance(pattern, URLPattern):
            acts = getattr(pattern.callback, "acts", ())
            yield Door("page", pattern.name or "", path, "|".join(a.value for a in acts))


def _calls() -> Iterator[Door]:
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    where = f"api/v1/{prefix.strip('/')}/{path.strip('/')}".replace("//", "/")
                    yield Door("api", f"{method} {operation.view_func.__name__}", where, "")


def _commands() -> Iterator[Door]:
    click = typer.main.get_command(app)
    yield from _below(click, "balmis")


def _below(command: object, name: str) -> Iterator[Door]:
    inside = getattr(command, "commands", None)
    if inside is None:
        yield Door("command", name, name, "")
        return
    for word, sub in inside.items():
        yield from _below(sub, f"{name} {word}")

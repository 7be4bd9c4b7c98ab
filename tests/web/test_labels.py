"""Every word of the vocabulary that pages show has its label, in each table that shows such words."""

import importlib
import pkgutil
from enum import StrEnum

from balmis.web import labels

PARTS = {  # tables that are of a part of the words by intention
    "common.ROSTER_CLASS": "the colour of a state; most have none",
    "safety.TAPS": "what a team can tap; nobody taps that help was asked for",
    "safety.STEPS": "notes that the desk makes; all have their label in NOTES",
}


def lacking(table: dict[StrEnum, object]) -> list[StrEnum]:
    return [word for word in type(next(iter(table))) if word not in table]


def tables() -> dict[str, dict[StrEnum, object]]:
    """Name → table, of those whose keys are words of one enum."""
    found = {}
    for part in pkgutil.iter_modules(labels.__path__):
        module = importlib.import_module(f"{labels.__name__}.{part.name}")
        for name, table in vars(module).items():
            if name.isupper() and isinstance(table, dict) and table:
                kinds = {type(key) for key in table}
                if len(kinds) == 1 and issubclass(next(iter(kinds)), StrEnum):
                    found[f"{part.name}.{name}"] = table
    return found


def test_every_word_has_its_label():
    found = {name: lacking(table) for name, table in tables().items() if name not in PARTS}
    assert {name: words for name, words in found.items() if words} == {}


def test_only_what_is_a_part_is_called_one():
    assert [name for name in PARTS if not lacking(tables()[name])] == []


def test_a_word_without_its_label_is_seen():
    kind = StrEnum("kind", ["ONE", "TWO"])
    assert lacking({kind.ONE: "one"}) == [kind.TWO]

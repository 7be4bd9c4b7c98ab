"""A word of the vocabulary is written once, in its enum; and what is not is seen."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import balmis.core.vocabulary as vocabulary

PROGRAM = Path(__file__).parents[2] / "balmis"
# names under which a word of a closed list is kept or handed on
NAMES = set(
    "by care channel dimension disposition form impression kind level medium method outcome party"
    " purpose reason role route ruling scope severity certainty sex side source state status step"
    " storage strength target means second_factor".split()
)
# a word that only looks like one of the vocabulary
OTHERS = {
    ("api/clinic.py", "failed"): "a defect of ours, which is no reason that a rule gives",
    ("flows/access/save_user.py", "area"): "how a grant is written on the command line",
    ("flows/access/save_user.py", "site"): "the same",
}


def enums() -> Iterator[type[StrEnum]]:
    """Every enum of the vocabulary."""
    for found in pkgutil.iter_modules(vocabulary.__path__):
        module = importlib.import_module(f"{vocabulary.__name__}.{found.name}")
        for kind in vars(module).values():
            if isinstance(kind, type) and kind.__module__ == module.__name__:
                assert issubclass(kind, StrEnum)
                yield kind


def bare(source: str, known: set[str]) -> Iterator[tuple[int, str]]:
    """Line and text of each word that is compared with, or handed on under, such a name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.keyword) and node.arg:
            name, values = node.arg.removesuffix("__in").rpartition("__")[2], [node.value]
        elif isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute | ast.Name):
            name = node.left.attr if isinstance(node.left, ast.Attribute) else node.left.id
            values = node.comparators
        else:
            continue
        each = [e for v in values for e in getattr(v, "elts", [v]) if name in NAMES]
        yield from (
            (e.lineno, e.value)
            for e in each
            if isinstance(e, ast.Constant) and isinstance(e.value, str) and e.value in known
        )


def test_no_word_of_the_vocabulary_is_a_bare_string():
    known = {word.value for kind in enums() for word in kind}
    found = []
    for path in sorted(PROGRAM.rglob("*.py")):
        where = str(path.relative_to(PROGRAM))
        if "migrations" not in path.parts:
            words = bare(path.read_text("utf-8"), known)
            found += [f"{where}:{n}: {w}" for n, w in words if (where, w) not in OTHERS]
    assert found == []


def test_a_bare_word_is_seen():
    source = (
        'x.status == "lost"\nkind in ("lost", "new")\nf(note__kind__in=["lost"])\nstate="lost"\n'
        'f(step="lost")\nx.name == "lost"\nx.status == "else"\n'
    )
    assert sorted(bare(source, {"lost"})) == [(1, "lost"), (2, "lost"), (3, "lost"), (5, "lost")]

"""One English word may be several in Korean, Chinese or Vietnamese: 'left' is no side, and no hour.

`short_messages.txt` lists every message of one or two words that is used in more than one room, with its
rooms. Each line was looked at: it means the same in all of them. A word that gets a further room is looked
at again: where it means something else there, it gets a context (`pgettext`, `{% translate … context %}`)
and is a message of its own; else its line is written anew by `python -m tests.web.test_homonyms`.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "balmis"
REVIEWED = Path(__file__).with_name("short_messages.txt")
TAG = re.compile(r"""{%\s*translate\s+(["'])(.+?)\1\s*(?:as\s+\w+\s*)?%}""")
IN_TAG = re.compile(r"""\b_\((["'])(.+?)\1\)""")
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop"}


def of_page(text: str) -> Iterator[str]:
    for found in (*TAG.finditer(text), *IN_TAG.finditer(text)):
        yield found[2]


def of_module(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func).rpartition(".")[2]
            said = node.args[0].value
            if called in MARKS and isinstance(said, str):
                yield said


def is_short(said: str) -> bool:
    """One or two words, and none that are a date's form or a part of a sentence."""
    words = said.split()
    return 0 < len(words) <= 2 and bool(re.search("[A-Za-z]{3}", said)) and "%" not in said


def rooms(program: Path = PROGRAM) -> dict[str, list[str]]:
    """Each short message that several rooms use, and which."""
    found = defaultdict(set)
    for path in (*program.rglob("*.html"), *program.rglob("*.py")):
        where = [p for p in path.relative_to(program).parts if p not in ("web", "templates")]
        room = ".".join(where[:2]) if where[0] == "labels" else where[0].removesuffix(".html")
        text = path.read_text("utf-8")
        for said in of_page(text) if path.suffix == ".html" else of_module(text):
            if is_short(said):
                found[said].add(room.removesuffix(".py"))
    return {said: sorted(where) for said, where in found.items() if len(where) > 1}


def written(found: dict[str, list[str]]) -> str:
    lines = (f"{said}: {' '.join(where)}" for said, where in found.items())
    return "\n".join(sorted(lines, key=str.lower)) + "\n"


def test_every_short_message_of_several_rooms_was_looked_at():
    known = set(REVIEWED.read_text("utf-8").splitlines())
    now = set(written(rooms()).splitlines())
    assert now - known == set(), "means it the same there? see above"
    assert known - now == set(), "used no longer so: take the line out"


@pytest.mark.parametrize("word", ["left", "over", "works", "soon", "Take off", "Record"])
def test_words_of_two_meanings_are_of_one_room_or_have_a_context(word):
    assert word not in rooms()


def test_a_word_in_a_further_room_is_seen(tmp_path):
    for room, name in (("clinic", "a.py"), ("store", "b.html")):
        (tmp_path / "web" / room).mkdir(parents=True)
        text = '_("Left")' if name.endswith("py") else '{% translate "Left" %}'
        (tmp_path / "web" / room / name).write_text(text)
    assert rooms(tmp_path) == {"Left": ["clinic", "store"]}
    with_context = '{% translate "Left" context "went away" %}'
    (tmp_path / "web" / "store" / "b.html").write_text(with_context)
    assert rooms(tmp_path) == {}


if __name__ == "__main__":
    REVIEWED.write_text(written(rooms()), "utf-8")

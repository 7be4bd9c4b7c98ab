"""The generated reference says what the source does; and each reading is proven on a small source."""

import ast
from collections.abc import Iterator
from enum import StrEnum

import pytest

from balmis.config.settings_table import SETTINGS, rows
from balmis.contexts.journal.outbox import CONSUMERS
from balmis.core.vocabulary.clinic import DoseFlag
from balmis.core.vocabulary.reasons import Refused
from tools import code_pages, house_pages
from tools.code_reading import Module, audited, modules, named, published, refused, variables

SOURCE = """
import os
from os import environ, getenv
a = os.environ.get("A", "1")
b = os.environ["B"]
os.environ.setdefault("C", "x")
d = getenv("D")
e = "E" in environ
f = os.environ.get(name)
unrelated = {}.get("Z")
"""
FLOW = """
ENDED = "lot.ended"

def flow(lot, kind, sure):
    audit.record("lot.made", f"lot:{lot.pk}", actor=actor, now=now, site=1)
    audit.record(ENDED, lot.pk, actor=actor, now=now, **more)
    audit.record("lot.kept" if sure else "lot.tried", f"lot:{lot.pk}", actor=actor, now=now)
    audit.record(f"lot.{kind}", f"lot:{lot.pk}", actor=actor, now=now)
    _note("seen", lot)
    outbox.publish("lot.made.v1", now=now, lot=lot.pk)
    other.record("no.action", lot)

def _note(what, lot):
    audit.record(f"lot.{what}", f"lot:{lot.pk}", actor=actor, now=now)
"""


def words(found: Iterator[object]) -> list[str]:
    return sorted(w.word for w in found)  # type: ignore[attr-defined]


# ---- settings ------------------------------------------------------------------------------------


def test_every_variable_that_is_read_has_a_row_and_every_row_is_read():
    assert code_pages.unexplained(code_pages.variables_read(), rows()) == []


def test_a_variable_without_a_row_and_a_row_of_nothing_are_seen():
    found = code_pages.unexplained({"", "NEW"}, {"OLD"})
    assert found == ["a name that is worked out has no row", "NEW has no row", "OLD is not read"]


def test_every_way_to_read_the_environment_is_seen():
    found = {(v.name, v.default) for v in variables(ast.parse(SOURCE))}
    assert found == {
        ("A", "1"),
        ("B", None),
        ("C", "x"),
        ("D", None),
        ("E", None),
        ("", None),
    }


def defaults_not_told() -> list[str]:
    """Literal defaults of the code that a row does not mention."""
    read = [v for module in modules() for v in variables(module.tree) if v.default]
    return [f"{v.name}: {v.default}" for v in read if v.default not in told(v.name)]


def told(name: str) -> str:
    return f"{rows()[name].default} {rows()[name].meaning}"


def test_a_default_in_the_code_is_the_default_of_the_page():
    assert defaults_not_told() == []


def test_no_variable_has_two_rows():
    names = [row.name for part in SETTINGS.values() for row in part]
    assert len(names) == len(set(names))


# ---- audit actions, topics, reasons ----------------------------------------------------------------


def test_actions_are_read_off_literals_choices_constants_and_what_a_function_is_given():
    module = Module("balmis.flows.lots", ast.parse(FLOW))
    assert words(audited(module)) == [
        "lot.ended",
        "lot.kept",
        "lot.made",
        "lot.seen",
        "lot.tried",
        "lot.{kind}",
    ]


def test_an_action_has_its_subject_and_its_facts():
    made = next(w for w in audited(Module("m", ast.parse(FLOW))) if w.word == "lot.made")
    assert (made.about, made.facts) == ("lot", ("site",))


def test_every_action_with_an_open_end_has_its_words():
    open_ones = (w.word for module in modules() for w in audited(module) if "{" in w.word)
    found = {word.partition("{")[0] for word in open_ones}
    assert found == set(code_pages.endings())


def test_every_topic_has_consumers_and_a_publisher():
    assert words(published(Module("m", ast.parse(FLOW)))) == ["lot.made.v1"]
    assert {w.word for module in modules() for w in published(module)} == set(CONSUMERS)


def test_a_topic_has_one_payload_whoever_publishes_it():
    found: dict[str, set[frozenset[str]]] = {}
    for module in modules():
        for w in published(module):
            found.setdefault(w.word, set()).add(frozenset(w.facts))
    assert {topic: len(kinds) for topic, kinds in found.items() if len(kinds) > 1} == {}


def test_reasons_of_refusals_are_seen_also_in_a_choice():
    source = ast.parse("raise Refusal(Refused.A if x else Refused.B, lot=Refused.C)\nRefused.D")
    assert refused(source) == {"A", "B"}


def unused(kind: type[StrEnum], trees: list[ast.Module]) -> set[str]:
    """Members that no module names: what nothing refuses, or no rule flags."""
    return set(kind.__members__).difference(*(named(tree, kind.__name__) for tree in trees))


@pytest.mark.parametrize("kind", [Refused, DoseFlag])
def test_every_reason_is_somewhere_given(kind):
    texts = ("balmis.core.refusal_texts", "balmis.web.labels.clinic")
    assert unused(kind, [m.tree for m in modules() if m.name not in texts]) == set()


def test_a_reason_that_nothing_gives_is_seen():
    assert "DAY_OUTSIDE" in unused(Refused, [ast.parse("Refused.NOT_KNOWN")])


# ---- the drawn parts of ARCHITECTURE.md --------------------------------------------------------------


def test_the_tree_has_every_package_to_the_second_level(tmp_path):
    for name, words in {"": "All.", "core": "True. And more.", "core/dose": "Doses."}.items():
        folder = tmp_path / "house" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").write_text(f'"""{words}"""\n')
    drawn = house_pages.tree(tmp_path / "house")
    assert [line.split() for line in drawn[2:-1]] == [
        ["└──", "core/", "True."],
        ["└──", "dose/", "Doses."],
    ]


def test_a_package_that_does_not_say_what_it_is_for_is_refused(tmp_path):
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").write_text("")
    with pytest.raises(ValueError, match="give it a docstring"):
        house_pages.tree(tmp_path)


def test_a_part_replaces_what_stands_between_its_markers():
    text = "a\n<!-- x: drawn by 'python tools/docs.py' -->\nold\n<!-- end of x -->\nb\n"
    assert house_pages.replaced(text, "x", "new") == text.replace("old", "new")
    with pytest.raises(ValueError, match="each marker"):
        house_pages.replaced("no markers", "x", "new")


def test_every_table_is_in_the_architecture():
    from django.apps import apps

    drawn = "\n".join(house_pages.tables())
    own = [
        m for c in apps.get_app_configs() if c.name.startswith("balmis.") for m in c.get_models()
    ]
    assert [m.__name__ for m in own if f"`{m._meta.db_table}`" not in drawn] == []
    assert [m.__name__ for m in own if (m.__doc__ or "").startswith(f"{m.__name__}(")] == []

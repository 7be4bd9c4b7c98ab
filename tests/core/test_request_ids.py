"""Ids made from ids: each name its own, and the same for ever."""

import ast
from pathlib import Path

from balmis.core.request_ids import Made

ROOT = Path(__file__).parents[2] / "balmis"


def test_no_two_names_share_a_namespace():
    assert len({one.namespace for one in Made.__members__.values()}) == len(Made.__members__)


def test_an_id_is_the_same_for_the_same_name_and_of_another_for_another():
    assert Made.OFFER.of("7") == Made.OFFER.of(7)
    assert len({made.of("7") for made in Made}) == len(Made)
    assert str(Made.SECOND_DOSE.of("7")) == "49d92f4e-f6f5-5cab-b009-6e161d33c803"


def test_no_namespace_is_written_anywhere_else():
    found = [
        str(path)
        for path in ROOT.rglob("*.py")
        if "7c0e6c9e-5b0a-4b5c-9a30" in path.read_text("utf-8")
    ]
    assert found == [str(ROOT / "core" / "request_ids.py")]


def test_ids_are_made_from_a_name_or_from_an_id_that_came_in():
    """`uuid5` with a constant of one's own would be a name that nobody keeps."""
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "uuid5":
                assert not ast.unparse(node.args[0]).isupper(), f"{path}:{node.lineno}"

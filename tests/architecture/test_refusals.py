"""A refusal brings all that its words say: else the person would get a fault of ours."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from balmis.core.refusal_texts import REASONS
from balmis.core.vocabulary.reasons import Refused

ROOT = Path(__file__).parents[2] / "balmis"


def named_in(reason: Refused) -> set[str]:
    """The facts that the words of a reason ask for."""
    return {name for _, name, _, _ in Formatter().parse(REASONS[reason]) if name}


def refusals(source: str) -> Iterator[tuple[int, str, set[str] | None]]:
    """Line, reason and facts of each refusal that is made; None for facts that only running tells."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) != "Refusal" or not node.args:
            continue
        facts = {k.arg for k in node.keywords if k.arg}
        told = None if any(k.arg is None for k in node.keywords) else facts
        yield node.lineno, ast.unparse(node.args[0]), told


def lacking(source: str, path: str) -> list[str]:
    found = []
    for line, reason, facts in refusals(source):
        if not reason.startswith("Refused.") or facts is None:
            continue
        missing = named_in(Refused[reason.removeprefix("Refused.")]) - facts
        found += [f"{path}:{line}: {reason} lacks {name}" for name in sorted(missing)]
    return found


def test_every_refusal_brings_the_facts_that_its_words_name():
    paths = [p for p in sorted(ROOT.rglob("*.py")) if "migrations" not in p.parts]
    found = [fault for p in paths for fault in lacking(p.read_text("utf-8"), str(p))]
    assert found == []


def test_a_refusal_without_its_facts_is_seen():
    source = "raise Refusal(Refused.LOT_ON_HOLD, lot='A1')"
    assert lacking(source, "x.py") == ["x.py:1: Refused.LOT_ON_HOLD lacks why"]

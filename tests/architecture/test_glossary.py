"""What modules, models and words of the vocabulary are called stands in the glossary."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
GLOSSARY = ROOT / "docs" / "reference" / "glossary.md"
FLOORS = ("core", "contexts", "flows")
COLUMNS = 6

# a flow is named by what it does
VERBS = set(
    "askable choose correct enrol evaluate explain import load or own rebook record renew replan retry"
    " run save send solve synthesise take undo".split()
)
# English of every day, which means here what it means anywhere
ENGLISH = set(
    "ahead board book calendar catalogue chance choice daily dates distance"
    " duration end entry free history known kind length lifted limit loop mark"
    " method names next nightly overview pre problem public result rule rules search"
    " selection service side simple split texts thumb time times tries type unserved".split()
)
# how programs are built, and how numbers are worked out; each is explained in its module
TECHNICAL = set(
    "aggregation apps bulk cache cells columnar compiler conformance defaults display engine errors"
    " exports file files fit headings format formulas formulation frames ids importer kernel lp models"
    " queries reader rows sampling services shapes spark spreadsheet sql strict tables".split()
)
REASONED = VERBS | ENGLISH | TECHNICAL


def parts(name: str) -> list[str]:
    """'stock' and 'book' of stock_book; 'dose' and 'flag' of DoseFlag; 'gs1' stays whole."""
    return [w.lower() for w in re.findall(r"[A-Z]+(?![a-z0-9])|[A-Z]?[a-z0-9]+", name)]


def terms(page: str) -> set[str]:
    """The words of the first column."""
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| ")]
    found = {word for row in rows for word in re.findall(r"[a-z0-9]+", row.lower())}
    return found | {a + b for row in rows for a, b in re.findall(r"(\w+)[ -](\w+)", row.lower())}


def classes(path: Path) -> list[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.ClassDef)]


def named(program: Path) -> dict[str, set[str]]:
    """Each word that something is called by → where."""
    found: dict[str, set[str]] = defaultdict(set)
    for floor in FLOORS:
        for path in sorted((program / floor).rglob("*.py")):
            where = path.relative_to(program)
            if "migrations" in where.parts:
                continue
            called = [name for name in where.with_suffix("").parts[1:] if name != "__init__"]
            if "vocabulary" in where.parts or where.parts[2:3] in (("models",), ("models.py",)):
                called += classes(path)
            for name in called:
                for word in parts(name):
                    found[word].add(str(where))
    return found


def strangers(words: Iterable[str], page: str) -> list[str]:
    """Words that neither the glossary has, as they are or as one of many, nor a list above."""
    known = terms(page) | REASONED
    return [
        word
        for word in sorted(words)
        if known.isdisjoint({word, word.removesuffix("s"), word.removesuffix("es"), word + "s"})
        and re.sub("ies$", "y", word) not in known
    ]


def test_every_name_is_a_term_or_plain_english():
    words = named(ROOT / "balmis")
    page = GLOSSARY.read_text("utf-8")
    assert {word: sorted(words[word])[:3] for word in strangers(words, page)} == {}


def test_no_list_keeps_a_word_that_nothing_is_called_by_or_that_is_a_term():
    words, known = set(named(ROOT / "balmis")), terms(GLOSSARY.read_text("utf-8"))
    assert sorted(REASONED - words) == []
    assert sorted(REASONED & known) == []


def test_the_glossary_is_a_table_in_order_without_gaps():
    rows = [line for line in GLOSSARY.read_text("utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [row[0] for row in cells if len(row) != COLUMNS or not all(row)] == []
    order = [re.sub("[^a-z ]", "", row[0].lower()) for row in cells[1:]]
    assert order == sorted(order) and len(order) == len(set(order))


def test_a_name_that_the_glossary_does_not_have_is_seen(tmp_path):
    for name, text in {
        "core/vocabulary/supply.py": "class WastageReason: ...",
        "contexts/supply/models.py": "class StockMove:\n    class Meta: ...",
        "flows/supply/gizmo_files.py": "class Helper: ...",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    page = "| term | meaning |\n|---|---|\n| cold chain, supply | x |\n| wastage | x |\n| stock | x |\n"

    assert strangers(named(tmp_path), page) == ["gizmo", "move", "reason", "vocabulary"]
    assert strangers(["coldchain", "stocks"], page) == []

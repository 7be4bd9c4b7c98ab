"""The docs hang together: links lead somewhere, and every page is in the index."""

import re
from pathlib import Path

from balmis.contexts.journal.locks import Lock
from balmis.core.request_ids import Made

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def pages() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md")), *ROOT.glob(".github/*.md")]


def links(path: Path) -> list[Path]:
    """What a page links to in this repository."""
    text = CODE.sub("", path.read_text(encoding="utf-8"))
    targets = [t for t, _ in LINK.findall(text) if "://" not in t and not t.startswith("mailto:")]
    return [(path.parent / target).resolve() for target in targets]


def dead(path: Path) -> list[str]:
    return [f"{path.name} → {target}" for target in links(path) if not target.exists()]


def not_listed(index: Path, folder: Path) -> list[str]:
    """Pages below the folder that the index does not link to; those of a decision or a rule have
    lists of their own."""
    own = {"decisions", "rules"}
    found = [p for p in folder.rglob("*.md") if not own & set(p.relative_to(folder).parts)]
    listed = {*links(index), index.resolve()}
    return [str(p.relative_to(folder)) for p in sorted(found) if p.resolve() not in listed]


def test_every_link_leads_somewhere():
    assert [problem for path in pages() for problem in dead(path)] == []


def test_every_page_is_in_the_index():
    assert not_listed(DOCS / "README.md", DOCS) == []


def test_a_dead_link_and_a_page_that_is_not_listed_are_seen(tmp_path):
    (tmp_path / "README.md").write_text(
        "[a](a.md) [b](b.md#part) [far](https://example.org/x)\n`[c](c.md)`\n"
    )
    (tmp_path / "a.md").write_text("[back](README.md)\n")
    (tmp_path / "left.md").write_text("alone\n")
    assert len(dead(tmp_path / "README.md")) == 1 and "b.md" in dead(tmp_path / "README.md")[0]
    assert not_listed(tmp_path / "README.md", tmp_path) == ["left.md"]


# ---- pages written by hand that list what the code has ---------------------------------------------


def missing(page: Path, names: list[str]) -> list[str]:
    """Names that the page does not set as code."""
    text = page.read_text(encoding="utf-8")
    return [name for name in names if f"`{name}`" not in text]


def test_every_lock_and_every_worked_out_id_is_on_its_page():
    explanation = DOCS / "explanation"
    assert missing(explanation / "locks.md", [lock.name for lock in Lock]) == []
    text = (explanation / "locks.md").read_text(encoding="utf-8")
    assert [lock.name for lock in Lock if f"| `{lock.name}` | {lock.value} |" not in text] == []
    assert missing(explanation / "idempotency.md", [made.name for made in Made]) == []


def test_a_lock_that_is_not_on_the_page_is_seen(tmp_path):
    (tmp_path / "locks.md").write_text("`ALONE`, FACTS\n")
    assert missing(tmp_path / "locks.md", ["ALONE", "FACTS"]) == ["FACTS"]

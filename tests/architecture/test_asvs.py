"""The table of OWASP's requirements names evidence that there is, and leaves nothing open where it must not."""

import re
from collections import Counter
from pathlib import Path

from tools.asvs_page import STATES, by_chapter, requirements

ROOT = Path(__file__).parents[2]
MUST = (
    "2",
    "3",
    "4",
    "5",
    "7",
    "8",
    "11",
    "12",
    "13",
)  # no requirement of these is unmet altogether
PATH = re.compile(
    r"\b(?:balmis|tests|docs|tools|bench)/[\w./-]+\.(?:py|md|js|html|csv|json|yaml|sql)\b"
)


def test_every_requirement_is_answered_and_says_why():
    rows = requirements()
    assert len({r["requirement"] for r in rows}) == len(rows) == 259
    for row in rows:
        assert row["state"] in STATES and row["topic"], row
        assert row["evidence"] or row["missing"], row
        if row["state"] in ("part", "not"):
            assert row["missing"], f"{row['requirement']} says not what is missing"


def test_the_evidence_is_there():
    for row in requirements():
        if row["state"] in ("met", "part"):
            gone = [p for p in PATH.findall(row["evidence"]) if not (ROOT / p).exists()]
            assert not gone, (row["requirement"], gone)


def test_nothing_is_unmet_in_the_chapters_that_protect_people():
    counts = by_chapter()
    assert {chapter: counts[chapter]["not"] for chapter in MUST} == dict.fromkeys(MUST, 0)
    assert sum(counts.values(), Counter()).total() == 259

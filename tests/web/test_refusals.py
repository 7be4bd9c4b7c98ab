"""A refusal is told in the reader's language with everything in it."""

import ast
from dataclasses import fields
from datetime import UTC, date, datetime
from pathlib import Path

from django.utils.translation import override

from balmis.contexts.booking.free_places import Place
from balmis.core.errors import Refusal
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.schedule import Finding
from balmis.web.labels.refusals import THINGS, in_language

ROOT = Path(__file__).parents[2] / "balmis"
# said by commands and by who loads files, in English
OF_COMMANDS = {
    "campaign file",
    "centre file",
    "clinic file",
    "schedule file",
    "scenario file",
    "safety file",
    "stability file",
    "case to assess",
    "conflict",
    "discard",
    "list of candidates",
    "phase (the plan has ",
    "one person with the key (several registers hold it)",
}


def place(opens_at: datetime) -> Place:
    """At a site in Seoul."""
    known = {f.name: "" for f in fields(Place)}
    return Place(**{**known, "time_zone": "Asia/Seoul", "opens_at": opens_at})  # type: ignore[arg-type]


def test_why_no_dose_is_due_is_told_in_the_readers_language():
    facts = {
        "day": date(2021, 7, 8),
        "last": None,
        "phase": {"en": "Second", "zh-hans": "第二阶段"},
    }
    later = Refusal(Refused.NOT_DUE, finding=Finding.DUE_LATER.value, why="in English", **facts)
    phase = Refusal(Refused.NOT_DUE, finding=Finding.PHASE_UNDATED.value, why="in English", **facts)
    done = Refusal(Refused.NOT_DUE, finding=Finding.COMPLETE.value, why="in English", **facts)
    with override("zh-hans"):
        assert in_language(done) == "目前无法预约：已完成接种程序的全部剂次。"
        assert "2021年7月8日" in in_language(later) and "第二阶段" in in_language(phase)
    with override("en"):
        assert "8 July 2021" in in_language(later) and "in English" not in in_language(later)
    ended = Refusal(Refused.NOT_DUE, finding=Finding.DEFERRED.value, why="in English", day=None)
    with override("vi"):
        assert "in English" not in in_language(ended) and "?" not in in_language(ended)


def test_days_and_things_of_refusals_are_written_as_the_language_does():
    early = Refusal(Refused.NOT_OPEN_YET, opens=place(datetime(2021, 6, 1, tzinfo=UTC)).opens_here)
    missing = Refusal(Refused.NOT_KNOWN, what="lot of comirnaty", key="A1")
    with override("ko"):
        assert "2021년 6월 1일 09:00" in in_language(early)
        assert "제조번호 (comirnaty)" in in_language(missing) and "lot" not in in_language(missing)


def test_every_thing_that_may_be_unknown_has_a_name_in_all_languages():
    said: set[str] = set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal":
                given = {k.arg: k.value for k in node.keywords}
                what = given.get("what")
                if isinstance(what, ast.Constant):
                    said.add(str(what.value))
                elif isinstance(what, ast.JoinedStr) and isinstance(what.values[0], ast.Constant):
                    said.add(str(what.values[0].value).split(" of ")[0])
    assert len(said) > 30
    of_things = {w for w in said if w in THINGS or w.partition(" of ")[0] in THINGS}
    assert said - of_things - OF_COMMANDS == set()

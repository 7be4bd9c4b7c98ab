"""The auditor's desk: unusual looks, and the trail by who, what, of whom and when."""

import csv
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client, override_settings

from balmis.contexts.access import services as access
from balmis.contexts.access.models import LookupAlarm, User
from balmis.contexts.journal import audit
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.places import queries as places
from balmis.contexts.places.models import Area
from balmis.core.access.lookups import LookupLimits
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed, Refusal
from balmis.core.vocabulary.access import Role
from balmis.flows.access.lookups import open_alarms, settle_alarm, watch_lookups
from balmis.flows.access.trail import check_trail, seal_trail
from balmis.flows.reporting.daily_report import close_day, report
from tests import make
from tests.databases import as_owner
from tests.flows.test_trail import sealing
from tests.web.conftest import signed_in

FEW = override_settings(LOOKUP_LIMITS=LookupLimits(many=5, famous=3, night=4))
NOW = datetime(2021, 6, 17, 8, 30, tzinfo=UTC)  # 17:30 in Seoul


def look(user: int, person: int, at: datetime, **facts: object) -> None:
    with transaction.atomic():
        audit.record(
            "person.read", f"person:{person}", actor=Actor(f"user:{user}"), now=at, **facts
        )


def person_with(role: Role, name: str = "auditor", area: Area | None = None) -> User:
    return access.keep_user(
        name, name=name.title(), password="correct-horse-battery", grants=[(role, area, None)]
    )


@pytest.fixture
def auditor(committed):
    make.campaign()
    return person_with(Role.AUDITOR)


@FEW
def test_each_sign_raises_one_alarm_and_ordinary_work_none(auditor):
    registrar = person_with(Role.REGISTRAR, "registrar")
    for n in range(4):
        look(registrar.pk, n + 1, NOW - timedelta(minutes=n + 1))
    assert watch_lookups(now=NOW) == 0
    look(registrar.pk, 9, NOW - timedelta(minutes=5))
    assert watch_lookups(now=NOW) == 1, "five people within the hour"
    assert watch_lookups(now=NOW) == 0, "told once"
    look(registrar.pk, 10, NOW - timedelta(minutes=6))
    assert watch_lookups(now=NOW) == 0
    (alarm,) = LookupAlarm.objects.all()
    assert (alarm.sign, alarm.about, alarm.number) == ("many", f"user:{registrar.pk}", 6)
    for user in (71, 72, 73):
        look(user, 1, NOW - timedelta(hours=user - 70))
    assert watch_lookups(now=NOW) == 1
    assert LookupAlarm.objects.get(sign="famous").about == "person:1"
    told = AuditEntry.objects.filter(action="lookups.unusual").order_by("pk")
    assert [line.facts["sign"] for line in told] == ["many", "famous"]


@FEW
def test_the_night_is_that_of_the_users_place(auditor):
    """15:00 UTC is midnight in Seoul, where the sites of this user lie."""
    registrar = person_with(Role.REGISTRAR, "registrar")
    for n in range(4):
        look(registrar.pk, n + 1, NOW.replace(hour=15) + timedelta(minutes=20 * n))
    assert watch_lookups(now=NOW.replace(hour=18)) == 1
    assert LookupAlarm.objects.get().sign == "night"


@FEW
def test_lists_count_only_as_far_as_they_are_about_one(auditor):
    with transaction.atomic():
        for n in range(10):
            actor = Actor("user:7")
            audit.record(
                "case.read", f"case:{n}", actor=actor, now=NOW, people=[n + 1, n + 2, n + 3]
            )
    assert watch_lookups(now=NOW) == 0
    with transaction.atomic():
        for n in range(5):
            audit.record("case.read", f"case:{n}", actor=actor, now=NOW, people=[n + 1])
    assert watch_lookups(now=NOW + timedelta(minutes=1)) == 1


@FEW
def test_an_alarm_is_settled_once_with_words_and_not_by_whom_it_is_about(auditor):
    for n in range(5):
        look(auditor.pk, n + 1, NOW)
    watch_lookups(now=NOW + timedelta(minutes=1))
    own = access.actor_for(auditor)
    (alarm,) = open_alarms(actor=own)
    with pytest.raises(BadInput, match="few words"):
        settle_alarm(alarm.pk, "  ok  ", actor=own, now=NOW)
    with pytest.raises(BadInput, match="another auditor"):
        settle_alarm(alarm.pk, "I was looking for a cousin", actor=own, now=NOW)
    other = access.actor_for(person_with(Role.AUDITOR, "second"))
    settle_alarm(alarm.pk, "Asked the desk: a bus had come", actor=other, now=NOW)
    with pytest.raises(Refusal):
        settle_alarm(alarm.pk, "Asked the desk: a bus had come", actor=other, now=NOW)
    assert open_alarms(actor=other) == []
    line = AuditEntry.objects.get(action="lookups.settled")
    assert (line.actor, line.reason) == (other.name, "Asked the desk: a bus had come")
    with pytest.raises(IntegrityError), transaction.atomic():
        LookupAlarm.objects.filter(pk=alarm.pk).update(note="")


def test_only_an_auditor_of_the_whole_reads_it(auditor):
    area = person_with(Role.AUDITOR, "local", places.area("IS-N"))
    with pytest.raises(NotAllowed):
        open_alarms(actor=access.actor_for(area))
    planner = person_with(Role.PLANNER, "planner")
    for path in ("/audit/", "/audit/trail/", "/audit/trail.csv"):
        assert Client().get(path).status_code == 302
        assert signed_in(area).get(path).status_code == 403
        assert signed_in(planner).get(path).status_code == 403
        assert signed_in(auditor).get(path).status_code == 200
    assert signed_in(area).post("/audit/alarms/1/", {"note": "x" * 20}).status_code == 403


@FEW
def test_the_page_asks_for_a_word_and_keeps_what_was_typed(auditor):
    for n in range(5):
        look(71, n + 1, NOW)
    watch_lookups(now=NOW + timedelta(minutes=1))
    page = signed_in(auditor)
    shown = page.get("/audit/").content.decode()
    assert "user:71 looked at 5 people within an hour" in shown
    alarm = LookupAlarm.objects.get()
    refused = page.post(f"/audit/alarms/{alarm.pk}/", {"note": "short"})
    assert refused.status_code == 400
    assert "Say in a few words" in refused.content.decode()
    assert "short</textarea>" in refused.content.decode()
    done = page.post(f"/audit/alarms/{alarm.pk}/", {"note": "Asked: a bus had come."}, follow=True)
    assert "Nothing unusual waits" in done.content.decode()
    assert "Asked: a bus had come." in done.content.decode()


def test_who_has_looked_at_a_person_is_one_question(auditor):
    person, other = make.person(1), make.person(2)
    look(7, person.pk, NOW)
    look(8, other.pk, NOW)
    with transaction.atomic():
        actor = Actor("user:9")
        audit.record("people.searched", "site:1", actor=actor, now=NOW, found=[other.pk, person.pk])
        audit.record("roster.read", "unit:1", actor=actor, now=NOW, people=[other.pk])
    page = signed_in(auditor)
    rows = read(page.get("/audit/trail.csv", {"whom": "P1"}))
    assert [row["actor"] for row in rows if row["actor"] != auditor_name(auditor)] == [
        "user:9",
        "user:7",
    ]
    shown = page.get("/audit/trail/", {"whom": "P1"}).content.decode()
    assert "people.searched" in shown and "roster.read" not in shown
    asked = AuditEntry.objects.filter(action="trail.read").latest("pk")
    assert asked.facts["of_people"] == [person.pk]


def auditor_name(user) -> str:
    return f"user:{user.pk}"


def read(answer) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.content[:300]
    return list(csv.DictReader(answer.content.decode().splitlines()))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"who": "nobody"}, "Nobody signs in"),
        ({"whom": "P404"}, "No register"),
        ({"since": "30 February"}, "not a day"),
        ({"record": "-1"}, "whole number"),
    ],
)
def test_a_question_that_cannot_be_read_is_told_beside_its_field(auditor, asked, words):
    for path in ("/audit/trail/", "/audit/trail.csv"):
        answer = signed_in(auditor).get(path, asked)
        assert answer.status_code == 400
        assert words in answer.content.decode()


def test_the_trail_is_paged_and_filtered(auditor):
    with transaction.atomic():
        for n in range(150):
            at = NOW + timedelta(days=n)
            audit.record("lot.held", f"lot:{n}", actor=Actor("user:7"), now=at, number=n)
    page = signed_in(auditor)
    first = page.get("/audit/trail/", {"action": "lot.", "who": "7"})
    assert first.content.count(b"lot.held") == 100
    (older,) = re.findall(r'href="\?(action[^"]+before=\d+)"', first.content.decode())
    assert page.get("/audit/trail/?" + unescape(older)).content.count(b"lot.held") == 50
    day = {"since": "2021-06-18", "until": "2021-06-19", "action": "lot."}
    shown = page.get("/audit/trail/", day).content.decode()
    assert re.findall(r"lot:\d+", shown) == ["lot:2", "lot:1"]


def test_lines_about_a_person_are_found_by_an_index(auditor):
    """However long the trail: what is asked is not read line by line."""
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute("EXPLAIN " + audit.ABOUT, {"subjects": ["person:1"], "among": ["[1]"]})
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "audit_people" in plan and "Seq Scan" not in plan


def test_a_closed_day_publishes_the_head_and_the_check_asks_for_it(island_to_close):
    assert sealing() > 0
    close_day(make.SLUG, make.TODAY, actor=make.SYSTEM, now=make.LATER)
    made = report(make.SLUG, make.TODAY, now=make.LATER)
    assert made.trail_head and made.trail_head.partition(":")[0].isdigit()
    public = Client().get(f"/c/{make.SLUG}/figures.json").json()
    assert public["trail_head"] == made.trail_head
    assert check_trail([], now=make.LATER) == []
    with as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM ledger_auditseal")
        cursor.execute("UPDATE ledger_auditmark SET newest = '0'")
    seal_trail(now=make.LATER)
    assert any("kept elsewhere" in line for line in check_trail([], now=make.LATER))


@pytest.fixture
def island_to_close(committed):
    make.campaign()
    make.dose(make.person(1), make.lot())
    make.enrol()

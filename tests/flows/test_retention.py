"""What is over is kept no longer than it is needed for."""

from datetime import timedelta
from uuid import uuid4

from django.contrib.sessions.models import Session

from balmis.contexts.notices import services as notices
from balmis.contexts.notices.models import Notice
from balmis.contexts.notices.services import To
from balmis.contexts.people.lists import keep_file
from balmis.contexts.people.models import Code
from balmis.core.vocabulary.notices import Medium, Purpose
from balmis.flows.people.retention import ADDRESSES, CODES, forget_old
from tests import make

NOON = make.NOON


def test_sessions_codes_and_addresses_end_and_what_is_needed_stays(committed):
    make.campaign()
    person = make.person(1)
    for key, ends in (("over", -1), ("open", 1)):
        Session.objects.create(
            session_key=key, session_data="x", expire_date=NOON + timedelta(hours=ends)
        )
    for n, ended in enumerate((CODES + timedelta(hours=1), timedelta(hours=1))):
        Code.objects.create(
            person=person, address="a", digest=b"x", made_at=NOON, expires_at=NOON - ended, tries=n
        )
    to = To(Medium.SMS, "+821012345678", "en")
    for key, age, status in (
        ("old", ADDRESSES + timedelta(days=1), "sent"),
        ("waits", ADDRESSES + timedelta(days=1), "waiting"),
        ("new", timedelta(days=1), "sent"),
    ):
        notices.write(key, person, Purpose.BOOKED, to, {"name": "x"}, zone="UTC", now=NOON - age)
        Notice.objects.filter(key=key).update(status=status, sent_at=NOON)
    for age in (timedelta(days=2), timedelta(hours=2)):
        keep_file(uuid4(), b"a list", scope="x", file="a.csv", actor=make.SYSTEM, now=NOON - age)
    kinds = ("sessions", "sign_ins", "invitations", "list_files", "codes", "addresses")
    none = dict.fromkeys(kinds, 0)
    gone = {"sessions": 1, "list_files": 1, "codes": 1, "addresses": 1}
    assert forget_old(now=NOON) == none | gone
    assert [s.session_key for s in Session.objects.all()] == ["open"]
    assert [c.tries for c in Code.objects.all()] == [1]
    kept = dict(Notice.objects.values_list("key", "address"))
    assert kept == {"old": "", "waits": to.address, "new": to.address}
    assert forget_old(now=NOON) == none
    to_again = notices.write("old", person, Purpose.BOOKED, to, {}, zone="UTC", now=NOON)
    assert to_again is False, "what was told is told once"

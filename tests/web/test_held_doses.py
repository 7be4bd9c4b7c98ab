"""The page of doses that no figure counts."""

from datetime import timedelta

from balmis.contexts.clinic.models import Dose
from balmis.contexts.journal.models import AuditEntry
from balmis.core.vocabulary.access import Role
from tests import make
from tests.web.conftest import user
from tests.web.test_lists import text_of

PAGE = f"/registrar/{make.SLUG}/held-doses/"


def test_the_desk_sees_both_records_and_says_which_is_right(committed):
    make.campaign()
    person = make.person()
    make.dose(person)
    yesterday = make.NOON - timedelta(days=1)
    second = make.dose(person, given_at=yesterday, request_id=make.request("again"))
    make.enrol()
    desk = user(Role.REGISTRAR, area="IS-N")
    assert "Doses held out of the figures (1)" in text_of(desk.get(f"/registrar/{make.SLUG}/"))
    page = text_of(desk.get(PAGE))
    assert "Resident 1" in page and "looks like a dose that was told before" in page
    assert "The earlier record" in page
    assert AuditEntry.objects.get(action="doses.held_read").facts["people"] == [second.person_id]
    sent = {"dose": second.pk, "end": "", "note": "by phone"}
    refused = desk.post(PAGE, sent)
    assert refused.status_code == 400 and "by phone" in refused.content.decode()
    assert desk.post(PAGE, sent | {"end": "earlier"}).status_code == 302
    assert "Nothing waits" in text_of(desk.get(PAGE)) and not Dose.live.filter(pk=second.pk)
    away = user(Role.VACCINATOR, area="IS-S")
    assert "Nothing waits" in text_of(away.get(PAGE))
    assert away.post(PAGE, sent | {"end": "stands"}).status_code == 403

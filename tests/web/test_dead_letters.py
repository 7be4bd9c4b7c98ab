"""Messages that did not go out are seen by planners, and sent again by a click."""

from datetime import UTC, datetime

from balmis.contexts.notices import services as notices
from balmis.contexts.notices.models import Notice
from balmis.contexts.notices.services import To
from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.notices import Medium, Purpose
from tests import make
from tests.web.conftest import user
from tests.web.test_pages import text_of

PAGE = f"/coordination/{make.SLUG}/messages/"


def failed(purpose: Purpose) -> Notice:
    now, to = datetime.now(UTC), To(Medium.SMS, "+821012345678", "en")
    notices.write(purpose.value, None, purpose, to, {"x": 1}, zone="UTC", now=now)
    Notice.objects.filter(key=purpose.value).update(status="failed", last_error="503 away")
    return Notice.objects.get(key=purpose.value)


def test_what_was_given_up_is_seen_and_sent_again(island):
    planner = user(Role.PLANNER)
    assert "Yes. Nothing waits." in text_of(planner.get(PAGE))
    booked, code = failed(Purpose.BOOKED), failed(Purpose.CODE)
    page = text_of(planner.get(PAGE))
    assert "1 message was given up" in page and "503 away" in page
    assert "1234" not in page, "nobody's phone"
    page = planner.post(f"{PAGE}again/", follow=True)
    assert "1 message is sent again." in text_of(page)
    booked.refresh_from_db()
    code.refresh_from_db()
    assert (booked.status, code.status) == ("waiting", "failed")


def test_only_who_plans_everywhere_sends_again(island):
    failed(Purpose.BOOKED)
    for role, area in ((Role.PLANNER, "IS"), (Role.AREA_MANAGER, None), (Role.AUDITOR, None)):
        client = user(role, area=area)
        assert client.get(PAGE).status_code == 403
        assert client.post(f"{PAGE}again/").status_code == 403
    assert Notice.objects.get().status == "failed"

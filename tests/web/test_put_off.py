"""The page of who is put off or ruled out."""

from balmis.core.vocabulary.access import Role
from balmis.core.vocabulary.clinic import StepKind
from tests import make
from tests.flows.test_visits import send
from tests.web.conftest import user
from tests.web.test_lists import text_of

PAGE = f"/coordination/{make.SLUG}/put-off/"


def test_it_says_whom_what_why_and_by_whom_and_nothing_elsewhere(committed):
    make.campaign()
    person = make.person()
    make.lot()
    make.enrol()
    desk = user(Role.REGISTRAR, area="IS-N")
    assert "Nobody of your areas is put off or ruled out today" in text_of(desk.get(PAGE))
    send(person, StepKind.CHECK_IN, how="photo_id")
    send(person, StepKind.DOCTOR, 1, outcome="never", text="shock in 2019", product="comirnaty")
    page = text_of(desk.get(PAGE))
    assert "Never with this vaccine" in page and "Comirnaty" in page and "shock in 2019" in page
    assert "Resident 1" in page and "Not before a day" not in page
    assert user(Role.FINANCE_CLERK).get(PAGE).status_code == 403

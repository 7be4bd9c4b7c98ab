"""Address and guardian on the registration desk's page of a person."""

from balmis.core.vocabulary.access import Role
from tests import make
from tests.flows.test_details import KNOWN
from tests.web.conftest import user


def test_the_page_shows_and_keeps_them_and_another_area_s_desk_does_not_reach_them(committed):
    make.campaign()
    person = make.person(1, area="IS-N")
    page = f"/registrar/{make.SLUG}/{person.pk}/"
    desk = user(Role.REGISTRAR, area="IS-N")
    sent = KNOWN | {"guardian_phone": "nonsense"}
    wrong = desk.post(f"{page}details/", sent)
    assert wrong.status_code == 400 and "해안로 12" in wrong.content.decode(), (
        "what was typed stays"
    )
    assert desk.post(f"{page}details/", KNOWN).status_code == 302
    shown = desk.get(page).content.decode()
    assert all(value in shown for value in KNOWN.values())
    assert "user:" not in shown, "who says so is named"
    other = user(Role.REGISTRAR, area="IS-S")
    assert other.post(f"{page}details/", KNOWN).status_code == 403

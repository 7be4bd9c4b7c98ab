"""Accounts of staff: invited, with a second factor, at a desk that several share, in an emergency."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from django.conf import settings
from django.test import Client, override_settings

from balmis.contexts.access import services as access
from balmis.contexts.access import sign_ins
from balmis.contexts.access.models import Factor, Grant, RecoveryCode, SignIn, User
from balmis.contexts.journal.models import AuditEntry
from balmis.contexts.places import queries as places
from balmis.core.access.rules import LONGEST, SignInRules, read_rules
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, NotAllowed
from balmis.core.roles import Act
from balmis.core.vocabulary.access import FactorRule, Role
from balmis.flows.access.account import invite, set_active
from balmis.flows.access.emergency import end_role
from balmis.flows.access.save_user import KeepUser, keep_user, read_grant
from balmis.flows.access.sign_ins import end_for
from tests import make
from tests.pages import fields, markup
from tests.web.conftest import PASSWORD, user

DESK = f"/coordination/{make.SLUG}/"
NEW = "gravel tulip harbour nine"
PIN = "814703"


def staff(name: str, role: Role = Role.PLANNER, site: str | None = None) -> User:
    place = places.site(site) if site else None
    return access.keep_user(
        name, name=name.title(), password=PASSWORD, grants=[(role, None, place)]
    )


def entered(name: str, browser: Client | None = None, password: str = PASSWORD) -> Client:
    """A browser in which somebody has typed name and password."""
    client = browser or Client()
    answer = client.post("/sign-in/", {"username": name, "password": password})
    assert answer.status_code == 302, markup(answer)
    return client


def acts_of(someone: User) -> list[str]:
    lines = AuditEntry.objects.filter(subject=f"user:{someone.pk}").order_by("pk")
    return [line.action for line in lines]


def add_app(client: Client) -> tuple[str, list[str]]:
    """Adds an app; its secret, and the recovery codes that are shown."""
    client.get("/account/app/")
    secret = client.session["app_secret"]
    asked = {"code": pyotp.TOTP(secret).now(), "password": PASSWORD}
    page = client.post("/account/app/", asked)
    codes = re.findall(r"<code>(\w{5} \w{5})</code>", markup(page))
    return secret, codes


def code_at(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(datetime.now(UTC), counter_offset=steps)


# --- invited


def test_whoever_is_invited_chooses_a_password_once(island):
    someone = access.keep_user(
        "nurse", name="Nurse", password=None, grants=[(Role.VACCINATOR, None, places.site("hall"))]
    )
    assert not someone.has_usable_password()
    word = invite("nurse", lost_factor=False, actor=make.SYSTEM, now=datetime.now(UTC))
    link, browser = f"/invitation/{word}/", Client()
    page = browser.get(link)
    assert "nurse" in markup(page) and page["Referrer-Policy"] == "same-origin"
    weak = browser.post(link, {"new": "nursenursenurse", "again": "nursenursenurse"})
    assert weak.status_code == 400 and '<a href="#id_new">' in markup(weak)
    assert browser.post(link, {"new": NEW, "again": NEW}).headers["Location"] == "/account/"
    assert "Nurse" in markup(browser.get("/account/"))
    assert Client().get(link).status_code == 410
    assert Client().post(link, {"new": NEW, "again": NEW}).status_code == 410
    entered("nurse", password=NEW)
    assert acts_of(someone)[:3] == ["user.invited", "user.invitation_used", "user.signed_in"]


def test_a_link_ends_after_a_week_with_a_newer_one_and_with_the_user(island):
    staff("nurse")
    now = datetime.now(UTC)
    old = invite("nurse", lost_factor=False, actor=make.SYSTEM, now=now - timedelta(days=8))
    assert Client().get(f"/invitation/{old}/").status_code == 410
    first = invite("nurse", lost_factor=False, actor=make.SYSTEM, now=now)
    second = invite("nurse", lost_factor=False, actor=make.SYSTEM, now=now)
    assert Client().get(f"/invitation/{first}/").status_code == 410
    assert Client().get(f"/invitation/{second}/").status_code == 200
    set_active("nurse", active=False, actor=make.SYSTEM, now=now)
    assert Client().get(f"/invitation/{second}/").status_code == 410
    with pytest.raises(BadInput, match="disabled"):
        invite("nurse", lost_factor=False, actor=make.SYSTEM, now=now)
    with pytest.raises(NotAllowed):
        invite("nurse", lost_factor=False, actor=Actor("user:1"), now=now)


# --- second factor


def test_with_an_app_the_password_alone_opens_nothing(island):
    planner = staff("planner")
    secret, codes = add_app(entered("planner"))
    assert len(codes) == 10
    assert secret not in str(bytes(Factor.objects.get().secret))
    browser = entered("planner")
    assert browser.get(DESK).headers["Location"].startswith("/sign-in/")
    assert browser.post("/sign-in/second/", {"code": "000000"}).status_code == 400
    assert browser.get(DESK).status_code == 302
    code = code_at(secret, 1)
    assert browser.post("/sign-in/second/", {"code": f"{code[:3]} {code[3:]}"}).status_code == 302
    assert browser.get(DESK).status_code == 200
    again = entered("planner")
    assert again.post("/sign-in/second/", {"code": code}).status_code == 400, "used already"
    assert "user.second_factor_failed" in acts_of(planner)
    assert Client().get("/sign-in/second/").headers["Location"] == "/sign-in/"


def test_a_recovery_code_is_good_once_and_never_shown_again(island):
    planner = staff("planner")
    browser = entered("planner")
    _, codes = add_app(browser)
    other = entered("planner")
    assert other.post("/sign-in/second/", {"code": codes[0].upper()}).status_code == 302
    assert other.get(DESK).status_code == 200
    assert entered("planner").post("/sign-in/second/", {"code": codes[0]}).status_code == 400
    shown = markup(browser.get("/account/"))
    assert "9 recovery codes are left" in shown and codes[1] not in shown
    assert not RecoveryCode.objects.filter(digest__in=[c.replace(" ", "") for c in codes]).exists()
    wrong = browser.post("/account/recovery-codes/", {"password": "no"})
    assert wrong.status_code == 400
    page = browser.post("/account/recovery-codes/", {"password": PASSWORD})
    fresh = re.findall(r"<code>(\w{5} \w{5})</code>", markup(page))
    assert len(fresh) == 10 and not set(fresh) & set(codes)
    assert entered("planner").post("/sign-in/second/", {"code": codes[1]}).status_code == 400
    assert "user.recovery_code_used" in acts_of(planner)


def test_who_guesses_codes_waits_and_the_owner_is_in_after_it(island, monkeypatch):
    staff("planner")
    secret, _ = add_app(entered("planner"))
    thief = entered("planner")
    assert thief.post("/sign-in/second/", {"code": "１２３４５６"}).status_code == 400
    tries = [thief.post("/sign-in/second/", {"code": "123456"}).status_code for _ in range(7)]
    tries.insert(0, 400)
    assert tries[:6] == [400] * 6 and tries[6:] == [429] * 2
    from balmis.contexts.access import allowances
    from balmis.flows.access.second_factor import TRIES

    allowances.refill(TRIES, User.objects.get(username="planner").pk)
    owner = entered("planner")
    assert owner.post("/sign-in/second/", {"code": code_at(secret, 1)}).status_code == 302


def test_who_came_in_by_the_password_alone_is_out_when_a_factor_is_added(island):
    staff("planner")
    thief, owner = entered("planner"), entered("planner")
    assert thief.get(DESK).status_code == 200
    owner.get("/account/app/")
    without = owner.post("/account/app/", {"code": "1", "password": "no"})
    assert without.status_code == 400 and not Factor.objects.exists()
    add_app(owner)
    assert thief.get(DESK).status_code == 302 and owner.get(DESK).status_code == 200
    assert SignIn.objects.get(ended_at__isnull=True).means == "app"


def test_a_link_for_a_lost_password_does_not_lead_past_the_factor(island):
    staff("planner")
    secret, _ = add_app(entered("planner"))
    word = invite("planner", lost_factor=False, actor=make.SYSTEM, now=datetime.now(UTC))
    holder = Client()
    sent = holder.post(f"/invitation/{word}/", {"new": NEW, "again": NEW})
    assert sent.headers["Location"] == "/sign-in/second/"
    assert holder.get(DESK).status_code == 302
    assert holder.post("/sign-in/second/", {"code": code_at(secret, 1)}).status_code == 302
    assert holder.get(DESK).status_code == 200


def test_a_session_is_no_place_to_try_passwords(island):
    planner = staff("planner")
    thief = entered("planner")
    tries = [
        thief.post("/account/pin/", {"pin": PIN, "password": f"wrong {n}"}).status_code
        for n in range(8)
    ]
    assert tries[:6] == [400] * 6 and tries[6:] == [409] * 2
    assert acts_of(planner).count("user.password_wrong") == 6


def test_a_new_password_by_whoever_keeps_users_ends_what_is_open_and_the_pin(island):
    planner = staff("planner")
    access.set_pin(planner.pk, PIN)
    thief = entered("planner")
    wanted = KeepUser(username="planner", name="", password=NEW, grants=[read_grant("planner")])
    keep_user(wanted, actor=make.SYSTEM, now=datetime.now(UTC))
    assert thief.get(DESK).status_code == 302
    assert thief.get("/sign-in/back/").headers["Location"].startswith("/sign-in/?")
    assert not User.objects.get(pk=planner.pk).pin


def test_a_factor_is_taken_off_with_the_password_and_the_codes_go_with_the_last(island):
    staff("planner")
    browser = entered("planner")
    add_app(browser)
    key = Factor.objects.get().pk
    assert "last one" in markup(browser.get(f"/account/factors/{key}/"))
    assert browser.post(f"/account/factors/{key}/", {"password": "no"}).status_code == 400
    assert browser.post(f"/account/factors/{key}/", {"password": PASSWORD}).status_code == 302
    assert not Factor.objects.exists() and not RecoveryCode.objects.exists()
    assert entered("planner").get(DESK).status_code == 200
    staff("other")
    add_app(entered("other"))
    theirs = Factor.objects.get().pk
    assert browser.get(f"/account/factors/{theirs}/").status_code == 302
    browser.post(f"/account/factors/{theirs}/", {"password": PASSWORD})
    assert Factor.objects.count() == 1, "another's stays"


@override_settings(SIGN_IN_RULES=SignInRules(asked=frozenset({Role.PLANNER})))
def test_a_role_that_asks_for_a_second_factor_opens_nothing_without(island):
    staff("planner")
    staff("nurse", Role.VACCINATOR, "hall")
    browser = entered("planner")
    assert browser.get(DESK).headers["Location"] == "/account/needed/"
    assert browser.post(DESK).headers["Location"] == "/account/needed/"
    report = "/api/v1/campaigns/island-2021/reports/2021-06-17"
    assert browser.get(report).status_code == 403
    assert browser.get("/account/needed/").status_code == 200
    assert entered("nurse").get(f"/clinic/{make.SLUG}/hall/").status_code == 200
    add_app(browser)
    assert browser.get(DESK).status_code == 200
    let_off = access.keep_user(
        "planner-2",
        name="",
        password=PASSWORD,
        grants=[(Role.PLANNER, None, None)],
        second_factor=FactorRule.NEVER,
    )
    assert let_off.second_factor == "never" and entered("planner-2").get(DESK).status_code == 200


def test_whoever_has_lost_the_factor_starts_anew_by_a_link(island):
    planner = staff("planner")
    browser = entered("planner")
    add_app(browser)
    word = invite("planner", lost_factor=True, actor=make.SYSTEM, now=datetime.now(UTC))
    assert browser.get(DESK).status_code == 302, "what was open ends"
    assert not Factor.objects.exists() and not RecoveryCode.objects.exists()
    Client().post(f"/invitation/{word}/", {"new": NEW, "again": NEW})
    assert entered("planner", password=NEW).get(DESK).status_code == 200
    assert AuditEntry.objects.get(action="user.invited", subject=f"user:{planner.pk}").facts == {
        "lost_factor": True
    }


def test_the_rules_are_read_from_words():
    assert read_rules("none", "").asked == frozenset()
    rules = read_rules("planner, auditor", "vaccinator=3")
    assert rules.asked == {Role.PLANNER, Role.AUDITOR}
    assert rules.locks_after([Role.VACCINATOR, Role.PLANNER]) == timedelta(minutes=3)
    assert rules.locks_after([Role.PLANNER]) == timedelta(minutes=30)
    assert rules.asks([Role.AUDITOR], FactorRule.BY_ROLE)
    assert not rules.asks([Role.AUDITOR], FactorRule.NEVER)
    assert rules.asks([], FactorRule.ALWAYS)
    for asked, locks in (("king", ""), (None, "vaccinator=0"), (None, "vaccinator")):
        with pytest.raises(ValueError):
            read_rules(asked, locks)


# --- a desk that several share


def untouched(client: Client, minutes: float) -> None:
    key = client.session["sign_in"]
    past = datetime.now(UTC) - timedelta(minutes=minutes)
    SignIn.objects.filter(pk=key).update(at=past - timedelta(hours=1), seen_at=past)


def test_a_desk_that_nobody_touches_locks_and_a_pin_opens_it(island):
    staff("nurse", Role.VACCINATOR, "hall")
    browser = entered("nurse")
    desk = f"/clinic/{make.SLUG}/hall/"
    asked = {"pin": PIN, "password": PASSWORD}
    assert browser.post("/account/pin/", asked).headers["Location"] == "/account/"
    untouched(browser, 4)
    assert browser.get(desk).status_code == 200, "which is a touch"
    untouched(browser, 6)
    assert browser.get(f"/api/v1/clinic/{make.SLUG}/hall/day").status_code == 401
    away = browser.get(desk)
    back = browser.get(away.headers["Location"])
    assert back.headers["Location"].startswith("/sign-in/back/?next=%2Fclinic")
    page = browser.get(back.headers["Location"])
    typed = fields(markup(page)) | {"typed": "111222"}
    wrong = browser.post("/sign-in/back/", typed)
    assert wrong.status_code == 400 and "2 more times" in markup(wrong)
    opened = browser.post("/sign-in/back/", typed | {"typed": PIN})
    assert opened.headers["Location"] == desk
    assert browser.get(desk).status_code == 200


def test_what_a_page_asks_by_itself_keeps_no_desk_open(island):
    staff("nurse", Role.VACCINATOR, "hall")
    browser = entered("nurse")
    untouched(browser, 4)
    assert browser.get(f"/api/v1/clinic/{make.SLUG}/hall/calls").status_code == 200
    seen = SignIn.objects.get(pk=browser.session["sign_in"]).seen_at
    assert datetime.now(UTC) - seen > timedelta(minutes=3)
    assert browser.post("/sign-in/here/").status_code == 204
    assert datetime.now(UTC) - SignIn.objects.get().seen_at < timedelta(minutes=1)


def test_two_nurses_share_a_tablet(island):
    for name, pin in (("anna", PIN), ("bora", "250936")):
        nurse = staff(name, Role.VACCINATOR, "hall")
        access.set_pin(nurse.pk, pin)
    desk = f"/clinic/{make.SLUG}/hall/"
    tablet = entered("anna")
    tablet.post("/sign-in/lock/", {"next": desk})
    assert tablet.get(desk).status_code == 302
    entered("bora", tablet)
    locked = tablet.post("/sign-in/lock/", {"next": desk})
    page = tablet.get(locked.headers["Location"])
    links = re.findall(r'href="(/sign-in/back/\?[^"]+who=\d+)">(\w+)<', markup(page))
    assert [name for _, name in links] == ["Bora", "Anna"]
    address = {name: link for link, name in links}["Anna"].replace("&amp;", "&")
    assert parse_qs(urlsplit(address).query)["next"] == [desk]
    form = fields(markup(tablet.get(address)))
    assert tablet.post("/sign-in/back/", form | {"typed": "250936"}).status_code == 400
    assert tablet.post("/sign-in/back/", form | {"typed": PIN}).headers["Location"] == desk
    assert "Anna" in markup(tablet.get("/account/"))
    elsewhere, copied = Client(), Client()
    copied.cookies["mark"] = tablet.cookies["mark"].value
    for browser in (elsewhere, copied):
        assert browser.post("/sign-in/back/", form | {"typed": PIN}).status_code == 302
        assert browser.get(desk).status_code == 302, "a PIN opens nothing on another browser"
    tablet.post("/sign-out/")
    assert "Bora" in markup(tablet.get("/sign-in/back/")), "the others may still come back"


def test_a_window_that_nobody_touched_does_not_lock_the_one_where_somebody_works(island):
    staff("nurse", Role.VACCINATOR, "hall")
    browser = entered("nurse")
    desk = f"/clinic/{make.SLUG}/hall/"
    assert browser.post("/sign-in/lock/", {"next": desk, "idle": "1"}).status_code == 409
    assert browser.get(desk).status_code == 200
    untouched(browser, 6)
    browser.post("/sign-in/lock/", {"next": desk, "idle": "1"})
    assert browser.get(desk).status_code == 302


def test_the_third_wrong_pin_and_the_end_of_the_shift_ask_for_a_whole_sign_in(island):
    nurse = staff("nurse", Role.VACCINATOR, "hall")
    access.set_pin(nurse.pk, PIN)
    browser = entered("nurse")
    browser.post("/sign-in/lock/")
    form = fields(markup(browser.get("/sign-in/back/"))) | {"typed": "999111"}
    assert [browser.post("/sign-in/back/", form).status_code for _ in range(3)] == [400, 400, 302]
    assert browser.post("/sign-in/back/", form | {"typed": PIN}).status_code == 302
    assert browser.get(DESK).headers["Location"].startswith("/sign-in/")
    assert SignIn.objects.get().end == "guessed"
    entered("nurse", browser)
    key = browser.session["sign_in"]
    SignIn.objects.filter(pk=key).update(at=datetime.now(UTC) - LONGEST)
    assert browser.get(f"/clinic/{make.SLUG}/hall/").status_code == 302


@pytest.mark.parametrize(
    "pin", ["12345", "123456", "987654", "111111", "121212", "12a456", "1" * 13]
)
def test_a_pin_that_is_guessed_soon_is_refused(island, pin):
    nurse = staff("nurse", Role.VACCINATOR, "hall")
    with pytest.raises(BadInput):
        access.set_pin(nurse.pk, pin)


# --- seen and ended


def test_people_see_where_they_are_signed_in_and_end_it(island):
    planner = staff("planner")
    here, there, third = (entered("planner") for _ in range(3))
    shown = markup(here.get("/account/"))
    assert shown.count("End it") == 2 and "End all but this one" in shown
    here.post("/account/sign-ins/", {"sign_in": there.session["sign_in"]})
    assert there.get(DESK).status_code == 302 and third.get(DESK).status_code == 200
    here.post("/account/sign-ins/")
    assert third.get(DESK).status_code == 302 and here.get(DESK).status_code == 200
    stranger = staff("stranger")
    theirs = entered("stranger")
    here.post("/account/sign-ins/", {"sign_in": theirs.session["sign_in"]})
    assert theirs.get(DESK).status_code == 200, "another's stays"
    assert end_for("stranger", actor=make.SYSTEM, now=datetime.now(UTC)) == 1
    assert theirs.get(DESK).status_code == 302
    assert "user.sign_ins_ended" in acts_of(planner) and acts_of(stranger)
    here.post("/sign-out/")
    assert not sign_ins.open_of_user(planner.pk, now=datetime.now(UTC))


def test_who_is_disabled_while_signed_in_is_out_with_the_next_request(island):
    staff("planner")
    browser = entered("planner")
    set_active("planner", active=False, actor=make.SYSTEM, now=datetime.now(UTC))
    assert browser.get(DESK).status_code == 302
    set_active("planner", active=True, actor=make.SYSTEM, now=datetime.now(UTC))
    assert browser.get(DESK).status_code == 302, "what was open stays over"


def test_a_session_without_a_sign_in_is_none(island):
    stolen = Client()
    stolen.force_login(staff("planner"))
    assert stolen.get(DESK).status_code == 302


# --- roles that end


def test_a_role_holds_until_its_end(island):
    now = datetime.now(UTC)
    ended = access.GrantWanted(Role.PLANNER, until=now - timedelta(minutes=1))
    someone = access.keep_user("temp", name="Temp", password=PASSWORD, grants=[ended])
    assert entered("temp").get(DESK).status_code == 403
    access.keep_user(
        "temp", name="", password=None, grants=[ended._replace(until=now + timedelta(days=1))]
    )
    browser = entered("temp")
    assert browser.get(DESK).status_code == 200
    assert "until" in markup(browser.get("/account/"))
    assert someone.grants.count() == 1
    words = read_grant("vaccinator@site:hall until 2026-12-31")
    assert (words.site, words.until) == ("hall", datetime(2027, 1, 1, tzinfo=UTC))
    with pytest.raises(BadInput, match="no day"):
        read_grant("planner until tomorrow")


def test_in_an_emergency_people_take_their_own_role_elsewhere_for_a_while(island):
    nurse = staff("nurse", Role.VACCINATOR, "hall")
    browser, clinic = entered("nurse"), f"/clinic/{make.SLUG}/clinic/"
    refused = browser.get(clinic)
    assert refused.status_code == 403 and "/account/emergency/" in markup(refused)
    asked = {"role": "vaccinator", "site": "clinic", "why": "ill", "password": PASSWORD}
    assert browser.post("/account/emergency/", asked).status_code == 400
    asked["why"] = "The nurse there has collapsed"
    for wrong in ({"role": "planner"}, {"site": "nowhere"}, {"password": "no"}):
        assert browser.post("/account/emergency/", asked | wrong).status_code in (400, 409)
    assert browser.get(clinic).status_code == 403
    assert browser.post("/account/emergency/", asked).status_code == 302
    assert browser.get(clinic).status_code == 200
    assert browser.post("/account/emergency/", asked).status_code == 400, "theirs already"
    line = AuditEntry.objects.get(action="user.took_role")
    assert line.reason == asked["why"] and line.facts["site"] == "clinic"
    grant = Grant.objects.get(emergency=asked["why"])
    access.keep_user(
        "nurse",
        name="",
        password=None,
        grants=[(Role.VACCINATOR, None, places.site("hall"))],
    )
    assert Grant.objects.filter(pk=grant.pk).exists(), "a change of roles does not end it"
    renewed = browser.post("/account/emergency/", asked | {"site": "hall"})
    assert renewed.status_code == 400, "a taken role is no role to take another by"
    end_role(grant.pk, actor=make.SYSTEM, now=datetime.now(UTC))
    assert browser.get(clinic).status_code == 403
    assert not access.may(access.actor_for(nurse), Act.RECORD_DOSE, site=places.site("clinic"))


def test_pages_of_the_account_are_for_whoever_is_signed_in(island):
    key = user(Role.PLANNER).session["sign_in"]
    for path in ("", "pin/", "app/", "passkey/", "recovery-codes/", "emergency/", "needed/"):
        assert Client().get(f"/account/{path}").status_code == 302
    assert Client().get("/account/app/picture/").status_code == 302
    assert user(Role.PLANNER).get("/account/app/picture/").status_code == 404
    assert Client().post("/account/sign-ins/", {"sign_in": key}).status_code == 302
    assert settings.SIGN_IN_RULES.asked == frozenset(), "the other tests ask for none"

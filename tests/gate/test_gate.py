"""The gate over HTTP: what it answers, whom it believes, what it shows to everyone."""

import json
import time
import urllib.error
import urllib.request
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection

from balmis.contexts.booking.drift import drift
from balmis.contexts.booking.models import Booking, Pool, Rush, Session
from balmis.contexts.campaigns import queries as campaigns
from balmis.core.booking.passes import Pass, Second, sign
from balmis.core.booking.signed_text import key_of
from balmis.core.clinic.step_facts import Sent
from balmis.core.rate_limit import Limiter
from balmis.core.vocabulary.clinic import StepKind
from balmis.flows.clinic.visit_steps import Desk, take_step
from tests import make
from tests.programs import answers, free_port, until

KEY = key_of(settings.SECRET_KEY, "booking pass")


class Gate:
    def __init__(self, port, session, later):
        self.port, self.pools, self.later = port, make.pools(session), make.pools(later)
        self.campaign = campaigns.campaign(make.SLUG).pk

    def held(self, person=1, key=KEY, **changes):
        fields = {
            "person": person,
            "name": f"Resident {person}",
            "campaign": self.campaign,
            "number": 1,
            "products": ("comirnaty",),
            "first": datetime.now(UTC).date(),
            "last": date(2100, 1, 1),
            "expires": int(time.time()) + 60,
            "seconds": (Second("comirnaty", 2, 21, 42),),
        }
        return sign(Pass(**(fields | changes)), key)

    def post(self, path, held, **body):
        headers = {"Authorization": f"Bearer {held}"} if held else {}
        return self._open(path, headers, json.dumps(body).encode())

    def get(self, path, **headers):
        return self._open(path, headers, None)

    def _open(self, path, headers, body):
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}/gate{path}", body, headers)
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read(), dict(error.headers)

    def book(self, held, pool, request=None, **more):
        status, body, _ = self.post(
            "/v1/bookings", held, request_id=str(request or uuid4()), pool=pool.pk, **more
        )
        return status, json.loads(body)


def coming(days):
    start = (datetime.now(UTC) + timedelta(days=days)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return make.session(
        on=start.date(),
        starts_at=start,
        ends_at=start + timedelta(hours=1),
        products=("comirnaty",),
    )


@pytest.fixture
def gate(started):
    make.campaign()
    for n in range(1, 9):
        make.person(n)
    made = coming(3), coming(26)
    connection.close()
    port = free_port()
    started("gate", "--port", port)
    until(lambda: answers(port, f"/gate/v1/availability?campaign={make.SLUG}"))
    return Gate(port, *made)


def test_a_booking_is_answered_with_the_name_and_a_retry_with_the_same(gate):
    held, request = gate.held(), uuid4()
    first = gate.book(held, gate.pools[0], request)
    assert first[0] == 201
    assert (first[1]["name"], first[1]["bookings"][0]["status"]) == ("Resident 1", "confirmed")
    assert gate.book(held, gate.pools[0], request) == (200, first[1])
    status, refused = gate.book(held, gate.pools[1])
    assert (status, refused["reason"]) == (409, "already_booked")
    assert drift() == []


def test_a_hold_is_confirmed_by_its_own_person(gate):
    request = uuid4()
    assert (
        gate.book(gate.held(2), gate.pools[0], request, hold=True)[1]["bookings"][0]["status"]
        == "held"
    )
    status, body, _ = gate.post("/v1/confirm", gate.held(3), request_ids=[str(request)])
    assert (status, json.loads(body)["reason"]) == (404, "not_known")
    status, body, _ = gate.post("/v1/confirm", gate.held(2), request_ids=[str(request)])
    assert (status, json.loads(body)["bookings"][0]["status"]) == (201, "confirmed")


def put_off(n):
    """A doctor rules a vaccine out for the person, a moment ago."""
    now = datetime.now(UTC)
    sent = Sent(
        request_id=uuid4(),
        person=n,
        kind=StepKind.DOCTOR,
        at=now,
        facts={"outcome": "never", "product": "comirnaty", "text": "anaphylaxis after PEG"},
    )
    take_step(Desk(make.SLUG, "hall", "t"), sent, actor=make.SYSTEM, now=now)
    connection.close()


def test_a_pass_made_before_a_contraindication_is_over_at_the_gate(gate):
    request, before = uuid4(), int(time.time()) - 60
    old, other = gate.held(2, made=before), gate.held(3, made=before)
    assert gate.book(old, gate.pools[0], request, hold=True)[0] == 201
    put_off(2)

    time.sleep(2.5)  # the gate reads it once a second
    _, body, _ = gate.post("/v1/confirm", old, request_ids=[str(request)])
    assert json.loads(body)["reason"] == "pass_over"
    assert Booking.objects.get().status == "held"
    assert gate.book(other, gate.pools[0])[0] == 201, "nobody else is asked for a new pass"
    new = gate.held(2, made=int(time.time()) + 5)
    assert gate.post("/v1/confirm", new, request_ids=[str(request)])[0] == 201


def test_a_pair_keeps_its_interval_and_is_whole(gate):
    def pair(held, second):
        status, body, _ = gate.post(
            "/v1/pairs",
            held,
            request_id=str(uuid4()),
            pool=gate.pools[0].pk,
            second_request_id=str(uuid4()),
            second_pool=second.pk,
        )
        return status, json.loads(body)

    status, refused = pair(gate.held(4), gate.pools[1])
    assert (status, refused["reason"]) == (403, "pair_too_close")
    Pool.objects.filter(pk=gate.later[0].pk).update(capacity=0)
    status, refused = pair(gate.held(4), gate.later[0])
    assert (status, refused["reason"]) == (409, "sold_out")
    assert Booking.objects.count() == 0
    status, made = pair(gate.held(4), gate.later[1])
    assert (status, [b["status"] for b in made["bookings"]]) == (201, ["confirmed", "confirmed"])


def test_only_genuine_passes_within_their_bounds_open_the_gate(gate):
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    cases = [
        ("", 401, "pass_unusable"),
        ("nonsense", 401, "pass_unusable"),
        (gate.held(key=key_of("other", "booking pass")), 401, "pass_unusable"),
        (gate.held(expires=1), 401, "pass_over"),
        (gate.held(last=tomorrow), 403, "outside_pass"),
        (gate.held(products=("jcovden",)), 403, "product_unsuitable"),
        (gate.held(campaign=999), 401, "pass_unusable"),
    ]
    for held, status, reason in cases:
        found = gate.book(held, gate.pools[0])
        assert (found[0], found[1]["reason"]) == (status, reason)
    assert Booking.objects.count() == 0


@pytest.mark.parametrize(
    "body, words",
    [
        (b"", "truncated"),
        (b"{", "truncated"),
        (b'{"pool": 1}', "request_id"),
        (b'{"request_id": "x", "pool": 1}', "UUID"),
        (b"[" * 9000, "larger than 4 KiB"),
    ],
)
def test_bad_input_gets_one_clear_problem(gate, body, words):
    status, answer, headers = gate._open(
        "/v1/bookings", {"Authorization": f"Bearer {gate.held()}"}, body
    )
    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert words in json.loads(answer)["detail"]


def test_availability_is_the_same_for_everyone_and_changes_with_a_booking(gate):
    day = gate.pools[0].slot.session.on
    path = f"/v1/availability?campaign={make.SLUG}&on={day}"
    status, body, headers = gate.get(path)
    free = {s["pool"]: s["free"] for s in json.loads(body)["slots"]}
    assert (status, free[gate.pools[0].pk]) == (200, 3)
    assert "Resident" not in body.decode()
    assert gate.get(path, **{"If-None-Match": headers["etag"]})[0] == 304
    gate.book(gate.held(5), gate.pools[0])
    until(lambda: json.loads(gate.get(path)[1])["slots"][0]["free"] == 2, 5)
    assert gate.get(path, **{"If-None-Match": headers["etag"]})[0] == 200
    totals = json.loads(gate.get(f"/v1/availability?campaign={make.SLUG}")[1])["days"]
    assert totals[str(day)] == {"hall": 11}
    assert gate.get("/v1/availability?campaign=none")[0] == 404
    assert gate.get(f"/v1/availability?campaign={make.SLUG}&on=soon")[0] == 400


def test_a_cancelled_session_is_gone_within_a_second(gate):
    Pool.objects.filter(slot__session=gate.pools[0].slot.session_id).update(capacity=0)
    path = f"/v1/availability?campaign={make.SLUG}&on={gate.pools[0].slot.session.on}"

    def free():
        return [slot["free"] for slot in json.loads(gate.get(path)[1])["slots"]]

    until(lambda: not any(free()), 2)
    assert free() == [0, 0, 0, 0]
    status, refused = gate.book(gate.held(6), gate.pools[0])
    assert (status, refused["reason"]) == (409, "sold_out")


def test_the_slot_feed_names_places_times_and_the_way_to_book(gate):
    manifest = json.loads(gate.get("/slots/$bulk-publish")[1])
    files = {o["type"]: o["url"].partition("/gate")[2] for o in manifest["output"]}
    rows = {
        kind: [json.loads(line) for line in gate.get(path)[1].splitlines()]
        for kind, path in files.items()
    }
    assert [r["id"] for r in rows["Location"]] == ["hall"]
    assert len(rows["Schedule"]) == 2 and len(rows["Slot"]) == 8
    slot = rows["Slot"][0]
    assert slot["schedule"]["reference"] == f"Schedule/{rows['Schedule'][0]['id']}"
    assert slot["start"].endswith("+09:00") and slot["status"] == "free"
    links = {e["url"].rpartition("/")[2]: e for e in slot["extension"]}
    assert links["slot-capacity"]["valueInteger"] == 3
    assert links["booking-deep-link"]["valueUrl"].endswith(f"/c/{make.SLUG}/book/")


def test_a_person_may_ask_twenty_times_at_once_and_then_every_two_seconds():
    limiter = Limiter()
    assert [limiter.allows(7, 0.0) for _ in range(21)] == [True] * 20 + [False]
    assert not limiter.allows(7, 1.9) and limiter.allows(7, 4.1)
    assert limiter.allows(8, 0.0)


def test_the_limiter_remembers_so_many_and_no_more():
    limiter = Limiter(kept=100)
    for person in range(1000):
        limiter.allows(person, 0.0)
    assert len(limiter._buckets) == 100


def test_a_changed_vaccine_is_sold_as_such_within_a_second(gate):
    Session.objects.update(products=["jcovden"])
    time.sleep(1.2)
    status, refused = gate.book(gate.held(7), gate.pools[0])
    assert (status, refused["reason"]) == (403, "product_unsuitable")
    assert gate.book(gate.held(7, products=("jcovden",)), gate.pools[0])[0] == 201


# ---- the waiting room -----------------------------------------------------------------------


def opening(**changes):
    now = datetime.now(UTC)
    fields = {
        "doors_at": now - timedelta(hours=1),
        "opens_at": now - timedelta(seconds=1),
        "closes_at": now + timedelta(hours=1),
        "per_minute": 1,
        "seed": b"s",
    }
    made = Rush.objects.create(campaign_id=campaigns.campaign(make.SLUG).pk, **(fields | changes))
    time.sleep(1.2)  # the gate has read it
    return made


def queue(gate, held, ticket=None):
    if ticket is None:
        status, body, _ = gate.post("/v1/queue", held)
    else:
        status, body, _ = gate.get("/v1/queue", **{"X-Ticket": ticket})
    return status, json.loads(body)


def with_ticket(gate, held, ticket, pool):
    body = json.dumps({"request_id": str(uuid4()), "pool": pool.pk}).encode()
    status, answer, _ = gate._open(
        "/v1/bookings", {"Authorization": f"Bearer {held}", "X-Ticket": ticket}, body
    )
    return status, json.loads(answer)


def test_in_a_rush_only_whose_turn_has_come_books_and_a_ticket_is_nobody_elses(gate):
    opening()
    assert gate.book(gate.held(1), gate.pools[0])[1]["reason"] == "not_your_turn"
    status, first = queue(gate, gate.held(1))
    assert (status, first["your_turn"], first["before"]) == (201, True, 0)
    status, second = queue(gate, gate.held(2))
    assert (second["your_turn"], second["before"]) == (False, 1)
    assert 40 < datetime.fromisoformat(second["turn_at"]).timestamp() - time.time() < 62
    assert queue(gate, gate.held(2))[1]["turn_at"] == second["turn_at"]
    assert queue(gate, None, second["ticket"])[1]["turn_at"] == second["turn_at"]
    for held, ticket in (
        (gate.held(2), second["ticket"]),
        (gate.held(2), first["ticket"]),
        (gate.held(3), first["ticket"]),
        (gate.held(1), first["ticket"][:-3]),
    ):
        status, answer = with_ticket(gate, held, ticket, gate.pools[0])
        assert (status, answer["reason"]) == (425, "not_your_turn")
    assert with_ticket(gate, gate.held(1), first["ticket"], gate.pools[0])[0] == 201
    pair = {
        "request_id": str(uuid4()),
        "pool": gate.pools[0].pk,
        "second_request_id": str(uuid4()),
        "second_pool": gate.later[0].pk,
    }
    assert gate.post("/v1/pairs", gate.held(2), **pair)[0] == 425
    assert drift() == []


def test_a_request_that_began_before_the_opening_is_no_way_in(gate):
    """The body comes, or the batch is taken, when booking has opened: nobody slips through."""
    opening(opens_at=datetime.now(UTC) + timedelta(seconds=10))
    status, refused = gate.book(gate.held(1), gate.pools[0])
    assert (status, refused["reason"]) == (425, "not_your_turn")


def test_of_two_openings_the_one_that_holds_counts(gate):
    now = datetime.now(UTC)
    opening(closes_at=now + timedelta(seconds=40))
    opening(
        doors_at=now + timedelta(seconds=40),
        opens_at=now + timedelta(hours=2),
        closes_at=now + timedelta(hours=3),
    )
    assert gate.book(gate.held(1), gate.pools[0])[1]["reason"] == "not_your_turn"


def test_the_waiting_page_works_by_refresh_and_goes_on_by_itself(gate):
    rush = opening(opens_at=datetime.now(UTC) + timedelta(minutes=5), per_minute=100_000)
    status, mine = queue(gate, gate.held(1))
    assert (status, mine["your_turn"], mine["before"]) == (201, False, None)
    cookie = {"Cookie": f"balmis-ticket={mine['ticket']}"}

    def page(**headers):
        # redirects are looked at, not followed
        opener = urllib.request.build_opener(NoRedirect)
        url = f"http://127.0.0.1:{gate.port}/gate/wait?lang=vi&back={make.SLUG}"
        try:
            with opener.open(urllib.request.Request(url, headers=headers), timeout=10) as answer:
                return answer.status, answer.read().decode(), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), error.headers

    status, text, headers = page(**cookie)
    assert status == 200 and 1 <= int(headers["Refresh"]) <= 30
    assert "@" not in text and 'lang="vi"' in text and "no-store" in headers["Cache-Control"]
    Rush.objects.filter(pk=rush.pk).update(opens_at=datetime.now(UTC) - timedelta(seconds=1))
    time.sleep(1.2)
    status, _, headers = page(**cookie)
    assert (status, headers["Location"]) == (303, f"/c/{make.SLUG}/book/times/")
    assert page()[2]["Location"] == f"/c/{make.SLUG}/book/times/"  # without a ticket: join there
    assert page(Cookie="balmis-ticket=x")[0] == 303


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args, **_kwargs):
        return None

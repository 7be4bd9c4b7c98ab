"""Messages to people: once each, in their language, through real servers on this machine."""

import asyncio
import json
import threading
from datetime import timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from smtplib import SMTPDataError, SMTPRecipientsRefused
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from django.test import override_settings

from balmis.contexts.booking import places
from balmis.contexts.booking.models import Booking
from balmis.contexts.notices import services as notices
from balmis.contexts.notices.models import Notice
from balmis.contexts.notices.services import To
from balmis.contexts.people.contacts import keep_contact
from balmis.contexts.people.models import Register
from balmis.core.actor import Actor
from balmis.core.errors import NotAllowed
from balmis.core.notices import masked, send_at
from balmis.core.vocabulary.booking import BookingStatus, Channel, EndReason
from balmis.core.vocabulary.notices import Medium, Purpose
from balmis.flows.booking import dead_letters, send_notices
from balmis.flows.booking.notices import announce, remind
from balmis.flows.booking.send_notices import deliver
from tests import make
from tests.programs import free_port


@pytest.fixture
def booked(committed):
    """Someone with a phone and someone with a mailbox have a place tomorrow."""
    make.campaign()
    people = [make.person(1), make.person(2)]
    keep_contact(people[0], phone="+821012345678", language="vi", now=make.NOON)
    keep_contact(people[1], email="b@example.org", language="ko", now=make.NOON)
    session = make.session()
    for person in people:
        wish = places.Wish(
            request_id=make.request(f"b{person.pk}"),
            pool=make.pools(session)[0].pk,
            person=person.pk,
            campaign=session.campaign_id,
            number=1,
        )
        places.take([wish], channel=Channel.RESIDENT, now=make.NOON)
    return people


class Gateway(BaseHTTPRequestHandler):
    """Keeps what it got; fails as often as it is told to."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((body, dict(self.headers)))
        self.server.failures -= 1
        self.send_response(503 if self.server.failures >= 0 else self.server.status)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def gateway():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
    server.got, server.failures, server.status = [], 0, 202
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with override_settings(SMS_URL=f"http://127.0.0.1:{server.server_port}/", SMS_TOKEN="t"):
        yield server
    server.shutdown()
    server.server_close()


class Mailbox:
    def __init__(self):
        self.got = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 aiosmtpd's name
        self.got.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def mailbox():
    box, port = Mailbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    with override_settings(
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
    ):
        yield box
    controller.stop()
    asyncio.set_event_loop(None)


def send(at=make.NOON):
    return sum(deliver(medium, clock=lambda: at) for medium in Medium)


def test_each_is_told_once_in_their_language_by_their_own_way(booked, gateway, mailbox):
    assert announce(now=make.NOON) == 2
    assert announce(now=make.NOON) == 0
    assert send() == 2
    assert send() == 0

    ((body, headers),) = gateway.got
    assert body["to"] == "+821012345678"
    assert body["text"].startswith(
        "[Island campaign] Lịch tiêm của Resident 1: 09:00 Thứ Sáu, 18/6, Town hall. Đổi/hủy: "
    )
    assert headers["Authorization"] == "Bearer t"
    assert headers["Idempotency-Key"] == body["id"]

    (mail,) = mailbox.got
    assert mail["To"] == "b@example.org"
    assert mail["Subject"] == "백신 접종 예약"
    (calendar,) = [p for p in mail.walk() if p.get_content_type() == "text/calendar"]
    assert "DTSTART:20210618T000000Z" in calendar.get_content()


def test_a_mail_program_finds_where_an_invitation_is_stopped(booked, mailbox):
    facts = {"link": "https://x.example/s/iAb", "name": "An Vu"}
    to = To(Medium.EMAIL, "b@example.org", "en")
    notices.write("i:1", booked[1], Purpose.INVITATION, to, facts, zone="Asia/Seoul", now=make.NOON)
    assert send() == 1
    assert mailbox.got[0]["List-Unsubscribe"] == "<https://x.example/s/iAb>"


def test_a_gateway_that_fails_is_asked_again_later_with_the_same_key(booked, gateway):
    announce(now=make.NOON)
    Notice.objects.filter(medium="email").delete()
    gateway.failures = 2
    assert send() == 0
    assert "503" in Notice.objects.get().last_error
    assert send(make.NOON + timedelta(seconds=20)) == 0  # not at once
    assert send(make.NOON + timedelta(minutes=1)) == 0
    assert send(make.NOON + timedelta(minutes=3)) == 1
    assert len({body["id"] for body, _ in gateway.got}) == 1


def test_a_sender_that_died_leaves_the_notice_to_the_next(booked, gateway):
    announce(now=make.NOON)
    Notice.objects.filter(medium="email").delete()
    assert len(notices.claim(Medium.SMS, now=make.NOON)) == 1  # and says nothing more
    assert send() == 0
    assert send(make.NOON + notices.CLAIM) == 1


def test_an_outage_of_a_day_costs_no_message(booked, gateway):
    announce(now=make.NOON)
    Notice.objects.filter(medium="email").delete()
    gateway.failures = 10_000
    for minutes in range(0, 24 * 60, 5):
        assert send(make.NOON + timedelta(minutes=minutes)) == 0
    gateway.failures = 0
    assert send(make.NOON + timedelta(days=1)) == 1


def test_what_is_too_late_is_given_up_and_sent_again_by_hand(booked, gateway):
    announce(now=make.NOON)
    Notice.objects.filter(medium="email").delete()
    notices.write(
        "code:1",
        booked[0],
        Purpose.CODE,
        To(Medium.SMS, "+821012345678", "en"),
        {"code": "123456"},
        zone="UTC",
        now=make.NOON,
    )
    gateway.failures = 10_000
    for hours in range(0, 80, 4):
        send(make.NOON + timedelta(hours=hours))
    assert set(Notice.objects.values_list("status", flat=True)) == {"failed"}
    assert Notice.objects.get(key="code:1").facts == {}, "a code is not kept"
    now = make.NOON + timedelta(hours=81)
    line = next(d for d in dead_letters.look(actor=make.SYSTEM, now=now) if d.failed)
    assert (line.medium, line.failed, line.waiting) == ("sms", 1, 0)
    assert "503" in line.errors[0][0]
    gateway.failures = 0
    with pytest.raises(NotAllowed):
        dead_letters.send_again(actor=Actor("user:1"), now=now)
    assert dead_letters.send_again(actor=make.SYSTEM, now=now) == 1
    assert send(now) == 1


def test_an_address_that_is_refused_stops_nobody_else(booked, gateway):
    announce(now=make.NOON)
    Notice.objects.filter(medium="email").delete()
    gateway.status = 422
    for minutes in (0, 10, 20, 30):
        send(make.NOON + timedelta(minutes=minutes))
    assert (Notice.objects.get().status, len(gateway.got)) == ("failed", notices.GIVE_UP)


@pytest.mark.parametrize(
    ("error", "outage", "put_off"),
    [
        (SMTPRecipientsRefused({"a@example.org": (450, b"greylisted")}), False, True),
        (SMTPRecipientsRefused({"a@example.org": (550, b"no such user")}), False, False),
        (SMTPDataError(452, b"disk full"), True, True),
        (SMTPDataError(451, b"later"), False, True),
        (SMTPDataError(554, b"refused"), False, False),
        (ConnectionRefusedError(), True, False),
        (KeyError("when"), False, False),
    ],
)
def test_what_a_server_says_is_an_outage_a_delay_or_a_refusal(error, outage, put_off):
    assert (send_notices._is_outage(error), send_notices._is_put_off(error)) == (outage, put_off)


def test_codes_go_before_everything_else_of_their_medium(booked, gateway):
    announce(now=make.NOON)
    to = To(Medium.SMS, "+821012345678", "en")
    notices.write(
        "code:1", booked[0], Purpose.CODE, to, {"code": "123456"}, zone="UTC", now=make.NOON
    )
    first, *_ = notices.claim(Medium.SMS, now=make.NOON)
    assert first.purpose == "code"
    assert {n.medium for n in notices.claim(Medium.EMAIL, now=make.NOON)} == {"email"}


def test_a_gateway_that_is_away_is_asked_once_a_round(booked, gateway):
    announce(now=make.NOON)
    to = To(Medium.SMS, "+821012345678", "en")
    for n in range(5):
        notices.write(
            f"x{n}", booked[0], Purpose.CODE, to, {"code": "1"}, zone="UTC", now=make.NOON
        )
    gateway.failures = 1
    assert send() == 0 or len(gateway.got) == 1
    waiting = Notice.objects.filter(medium="sms", attempts=0).count()
    assert waiting == Notice.objects.filter(medium="sms").count() - 1


def test_a_reminder_comes_once_and_not_in_the_night(booked):
    announce(now=make.NOON)
    assert remind(now=make.NOON) == 2
    assert remind(now=make.NOON + timedelta(hours=1)) == 0
    night = make.NOON + timedelta(hours=10)  # 22:00 in Seoul
    morning = send_at(Purpose.REMINDER, night, "Asia/Seoul").astimezone(ZoneInfo("Asia/Seoul"))
    assert morning.strftime("%d %H:%M") == "18 08:00"
    assert (
        send_at(Purpose.BOOKED, night, "Asia/Seoul") == night
    )  # they have just done it themselves


def test_whoever_wants_no_messages_gets_only_what_they_asked_for(booked):
    keep_contact(booked[0], phone="+821012345678", language="vi", now=make.NOON)
    from balmis.contexts.people.models import Contact

    Contact.objects.update(tell=False)
    announce(now=make.NOON)
    remind(now=make.NOON)
    states = set(Notice.objects.values_list("purpose", "status"))
    assert states == {("booked", "waiting"), ("reminder", "held_back")}


def test_a_cancellation_by_the_site_says_so(booked, gateway):
    announce(now=make.NOON)
    places.end(
        list(Booking.objects.values_list("pk", flat=True)),
        BookingStatus.CANCELLED,
        EndReason.SITE_CHANGED,
        now=make.NOON,
    )
    announce(now=make.NOON)
    told = list(Notice.objects.filter(purpose="site_cancelled"))
    assert len(told) == 2 and {n.facts["why"] for n in told} == {"smaller"}


def test_several_at_one_phone_are_told_whose_it_is(booked):
    keep_contact(booked[1], phone="+821012345678", language="en", now=make.NOON)
    announce(now=make.NOON)
    assert {n.facts["shared"] for n in Notice.objects.all()} == {True}


def test_who_is_moved_is_told_from_when_and_why(booked):
    announce(now=make.NOON)
    later = make.session(
        starts_at=make.OPENS + timedelta(hours=3), ends_at=make.OPENS + timedelta(hours=5)
    )
    was = Booking.objects.first()
    places.move(
        was.pk,
        request_id=make.request("m"),
        pool=make.pools(later)[0].pk,
        product="",
        channel=Channel.REPLACEMENT,
        why=EndReason.SITE_CHANGED,
        now=make.NOON,
    )
    was.pool.slot.session.frozen = True
    was.pool.slot.session.save()
    announce(now=make.NOON)
    facts = Notice.objects.get(purpose="moved").facts
    assert (facts["why"], facts["old_names"]) == ("held", facts["names"])
    assert facts["old_times"] == [was.pool.slot.starts_at.isoformat()] != facts["times"]


def test_a_code_is_not_kept_once_it_is_sent(booked, gateway):
    to = To(Medium.SMS, "+821012345678", "en")
    notices.write(
        "code:1", booked[0], Purpose.CODE, to, {"code": "123456"}, zone="UTC", now=make.NOON
    )
    send()
    assert "123456" in gateway.got[0][0]["text"]
    assert Notice.objects.get(key="code:1").facts == {}


def test_what_would_go_to_a_real_person_is_never_printed(booked, capsys):
    announce(now=make.NOON)
    assert send() == 0
    assert capsys.readouterr().err == ""
    assert "nothing is set up to send by" in Notice.objects.first().last_error
    assert {n.status for n in Notice.objects.all()} == {"waiting"}


def test_in_a_demo_the_message_is_printed_for_whoever_runs_the_program(booked, capsys):
    Register.objects.update(synthetic=True)
    announce(now=make.NOON)
    send()
    printed = capsys.readouterr().err
    assert "[message to …5678]" in printed and "[message to b…@example.org]" in printed
    assert masked("+821012345678") == "…5678"

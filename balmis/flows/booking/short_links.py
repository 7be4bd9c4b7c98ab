"""The links that messages to people carry, and what is behind one that comes back."""

from datetime import datetime, timedelta

from django.conf import settings

from balmis.contexts.campaigns.models import Campaign
from balmis.core.booking import short_link
from balmis.core.booking.short_link import Link
from balmis.core.booking.signed_text import key_of
from balmis.core.dates import local_day

LASTS = timedelta(days=400)  # longer than from a first dose to its last booster


def link_to(kind: str, campaign: Campaign) -> str:
    """To a page of the campaign."""
    return _address(Link(kind, campaign.pk))


def invitation_link(campaign: Campaign, person_id: int, *, now: datetime) -> str:
    """To book, or to say that they want no such messages, without naming themselves."""
    until = local_day(now + LASTS, campaign.time_zone).toordinal()
    return _address(Link(short_link.INVITED, campaign.pk, person_id, until))


def question_link(campaign: Campaign, question_id: int) -> str:
    """To what a person is asked after the dose; the question knows until when."""
    return _address(Link(short_link.ASKED, campaign.pk, question_id))


def read_link(word: str) -> Link | None:
    """What is behind the link; None when it is none, or was changed."""
    return short_link.read(word, _key())


def _address(link: Link) -> str:
    return f"{settings.PUBLIC_URL}/s/{short_link.write(link, _key())}"


def _key() -> bytes:
    return key_of(settings.SECRET_KEY, "short link")

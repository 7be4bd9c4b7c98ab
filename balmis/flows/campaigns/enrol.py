"""Who is in which group, after the register or the plan has changed; and the counts with it."""

from collections.abc import Iterable
from datetime import datetime

from balmis.contexts.campaigns import enrolment
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic import queries as doses
from balmis.contexts.journal import outbox
from balmis.contexts.reporting import services as counting


def enrol_again(campaign: Campaign) -> None:
    """Put everyone into their group anew and count all days anew: the groups have changed."""
    if enrolment.enrol(campaign, campaigns.latest_plan(campaign.pk)):
        counting.rebuild(campaign.pk)


def enrol_newcomers(*, after_person: int, changed: bool) -> None:
    """Put people into their groups in every campaign.

    Those registered after that id; everyone when some are missing, or when known people have
    `changed`, whose doses then count for another area or group.
    """
    for campaign in campaigns.campaigns():
        complete = enrolment.all_enrolled(campaign, up_to_person=after_person)
        start = after_person if complete and not changed else 0
        moved = enrolment.enrol(campaign, campaigns.latest_plan(campaign.pk), after_person=start)
        if changed or (moved and start == 0):
            counting.rebuild(campaign.pk)


def count_again(people: Iterable[int], *, now: datetime) -> None:
    """Their group, or who they are, changed: the days of their doses are counted anew, and what they may
    have next is worked out anew."""
    people = list(people)
    for person in people:
        outbox.publish("person.changed.v1", now=now, person=person)
    for campaign, dose in doses.doses_of_people(people):
        outbox.publish("dose.moved.v1", now=now, campaign=campaign, dose=dose)

"""What a list of people is read against: areas, groups of the plan, numbers of the country."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from balmis.contexts.access.services import may
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.campaigns.plan.format import Plan
from balmis.contexts.places import queries as places
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.errors import BadInput
from balmis.core.files.line_list import RowProblem
from balmis.core.people.area_names import area_words
from balmis.core.people.people_list import PeopleList, Setting
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.notices import Medium
from balmis.core.vocabulary.people import TraitKind
from balmis.core.written_forms import fold
from balmis.flows.booking.resident_sign_in import read_address
from balmis.flows.people.listed_changes import OTHER_DESK, refuse

NO_SUCH_AREA = gettext_noop("There is no area {area} in the campaign.")
NO_SUCH_GROUP = gettext_noop("There is no group {group} in the plan.")
NO_PHONE = gettext_noop("is no phone number")


class ListWords(Protocol):
    """What somebody said of a list."""

    @property
    def area(self) -> str | None: ...
    @property
    def day_first(self) -> bool | None: ...
    @property
    def words(self) -> Mapping[str, str]: ...


class ListDesk:
    """The areas whose people the actor registers."""

    def __init__(self, campaign: Campaign, actor: Actor) -> None:
        self.areas = places.areas_below(campaign.area.code)
        everywhere = may(actor, Act.REGISTER_PEOPLE, area=campaign.area)
        self.own = {
            a.id
            for a in self.areas
            if everywhere or may(actor, Act.REGISTER_PEOPLE, area=places.area_of(a.id))
        }


def setting_of(
    said: ListWords, campaign: Campaign, plan: Plan, desk: ListDesk, *, now: datetime
) -> Setting:
    words = area_words([(a.id, (a.code, *a.names.values())) for a in desk.areas])
    default = None
    if said.area:
        default = words.get(fold(said.area))
        if default is None:
            raise BadInput(NO_SUCH_AREA, ("area",), area=said.area)
    return Setting(
        areas=words,
        groups=group_words(plan),
        words=_chosen(plan, said.words),
        id_style=plan.naming.national_id if plan.naming else "none",
        default_area=default,
        day_first=said.day_first,
        today=local_day(now, campaign.time_zone),
        read_phone=_phone_reader(campaign.time_zone),
    )


def _phone_reader(zone: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        try:
            medium, address = read_address(text, zone)
        except BadInput:
            raise ValueError(NO_PHONE) from None
        if medium is not Medium.SMS:
            raise ValueError(NO_PHONE)
        return address

    return read


def group_words(plan: Plan) -> dict[str, tuple[TraitKind, str]]:
    """Every word by which a list may put somebody into a group of the plan: the group's code and titles,
    and the word by which the plan knows its people."""
    words: dict[str, tuple[TraitKind, str]] = {}
    for group in plan.groups:
        for known in group.known_by:
            trait = known.trait()
            if trait is not None:
                for word in (trait[1], group.code, *group.title.values()):
                    words.setdefault(fold(word), trait)
    return words


def _chosen(plan: Plan, words: Mapping[str, str]) -> dict[str, tuple[TraitKind, str] | None]:
    """What somebody decided for words of the list; an empty group is none."""
    known = group_words(plan)
    chosen: dict[str, tuple[TraitKind, str] | None] = {}
    for word, group in words.items():
        if not group:
            chosen[fold(word)] = None
            continue
        if fold(group) not in known:
            raise BadInput(NO_SUCH_GROUP, ("words",), group=group)
        chosen[fold(word)] = known[fold(group)]
    return chosen


def refuse_others(people: PeopleList, desk: ListDesk) -> None:
    """Rows of areas of another desk."""
    others = [row for row in people.rows if row.area not in desk.own]
    refuse(people, [RowProblem(r.row, "area", r.name, OTHER_DESK) for r in others])

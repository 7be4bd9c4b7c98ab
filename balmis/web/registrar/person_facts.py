"""What is shown of a person beside name and birthday: age, groups, and what was known before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from balmis.contexts.access import queries as access
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.people import queries as people
from balmis.core.birth_date import ages_on
from balmis.core.vocabulary.people import TraitKind
from balmis.flows.booking.registrar import Seen
from balmis.flows.people import birth_dates, person_facts
from balmis.web.labels.formats import named
from balmis.web.labels.people import COLUMNS, doer
from balmis.web.registrar.forms import DetailsForm, EndTraitForm, GroupForm

if TYPE_CHECKING:
    from balmis.contexts.campaigns.models import Campaign
    from balmis.contexts.people.models import Trait


def groups_of(slug: str) -> list[tuple[str, str]]:
    """Groups of the plan that people are put into by what is known of them, not by age alone."""
    plan = campaigns.latest_plan(campaigns.campaign(slug).pk)
    known = [g for g in plan.groups if any(k.trait() for k in g.known_by)]
    return [(g.code, named(g.title)) for g in known]


def facts_shown(
    campaign: Campaign, seen: Seen, sent: DetailsForm | None = None
) -> dict[str, object]:
    """Age, group, what is noted and what was known before; `sent` is what could not be kept."""
    today = datetime.now(UTC).astimezone(ZoneInfo(campaign.time_zone)).date()
    facts = person_facts.facts_of(campaign, seen.person)
    titles = {g.code: named(g.title) for g in campaigns.latest_plan(campaign.pk).groups}
    told = [t.source for t in facts.traits] + [d.source for d in facts.details.values()]
    names = access.names_of(told)
    noted = [
        (t, _group_word(campaign, t), _source(t.source, names), EndTraitForm(name=f"trait-{t.pk}"))
        for t in facts.traits
    ]
    return {
        "ages": ages_on(people.birth_of(seen.person), today),
        "group": titles.get(facts.group or "", ""),
        "noted": noted,
        "former": facts.former,
        "hangs": birth_dates.hanging(campaign, seen.person, today),
        "details": [
            (COLUMNS[kind], d, _source(d.source, names)) for kind, d in facts.details.items()
        ],
        "of_details": sent
        or DetailsForm(
            name="details", initial={kind: d.value for kind, d in facts.details.items()}
        ),
        "to_group": GroupForm(groups=groups_of(campaign.slug)),
    }


def _source(source: str, names: dict[str, str]) -> str:
    """Who says so: a user by name, a list by its file."""
    return doer(source, names) if source.startswith(("user:", "person:", "system:")) else source


def _group_word(campaign: Campaign, trait: Trait) -> str:
    """What is noted, as the plan calls those of whom it is."""
    for group in campaigns.latest_plan(campaign.pk).groups:
        for known in group.known_by:
            if known.trait() == (TraitKind(trait.kind), trait.code):
                return named(group.title)
    return trait.code

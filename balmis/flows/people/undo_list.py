"""A list is taken back, as far as nothing else rests on it; and changes that waited are decided."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import ForeignKey, OneToOneField

from balmis.contexts.access.services import check_may, may
from balmis.contexts.campaigns import enrolment
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Member
from balmis.contexts.eligibility.models import NextDose
from balmis.contexts.journal import audit
from balmis.contexts.people import details, identities, listed_changes, lists
from balmis.contexts.people import queries as registry
from balmis.contexts.people import services as people
from balmis.contexts.people.listed_changes import Change
from balmis.contexts.people.models import Contact, Detail, ListedChange, ListImport, Person, Trait
from balmis.contexts.places import queries as places
from balmis.contexts.safety import held_doses
from balmis.core.actor import Actor
from balmis.core.errors import BadInput, Conflict
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.vocabulary.people import ListedStatus, TraitKind
from balmis.flows.campaigns.enrol import count_again, enrol_again

# rows that go with a person of whom nothing else is kept
DERIVED = (Member, NextDose, Trait, Contact, Detail)


@dataclass(frozen=True, slots=True)
class Undone:
    """What went back, and what stays as it is because something else rests on it."""

    removed: int
    restored: int
    kept: tuple[int, ...]  # people


@transaction.atomic(durable=True)
def undo_list(slug: str, list_id: int, *, actor: Actor, now: datetime) -> Undone:
    """People whom the list brought go, if nothing was done with them since; what it changed is again as it
    was, if nobody has changed it since. Raises NotAllowed, Conflict, Refusal(NOT_KNOWN)."""
    campaign = campaigns.campaign(slug)
    taken = lists.lock_list(list_id, slug)
    _check_may_undo(taken, actor)
    if taken.undone_at is not None:
        raise Conflict(gettext_noop("This list has been taken back already."))
    identities.acting(actor, f"list {taken.pk} taken back", now=now)
    restored, kept = _restore(taken, actor=actor, language=_language(slug), now=now)
    had_traits = lists.take_back_traits(taken)
    added = lists.added_by(taken)
    used = _used(added) | details.stated_elsewhere(added, taken)
    free = [person for person in added if person not in used]
    lists.take_back_contacts(taken, free)
    for each in campaigns.campaigns():
        enrolment.leave_people(each, free)
    NextDose.objects.filter(person__in=free).delete()
    Trait.objects.filter(person__in=free).delete()
    details.forget(free)
    lists.drop_people(free)
    stays = tuple(sorted({*kept, *used}))
    lists.close_list(taken, kept=len(stays), actor=actor, now=now)
    moved = [*restored, *(p for p in had_traits if p not in set(free))]
    if moved:
        held_doses.judge_people(moved, now=now)
        enrol_again(campaign)
        count_again(moved, now=now)
    audit.record(
        "people.list_undone",
        f"register:{taken.register_id}",
        actor=actor,
        now=now,
        list=taken.pk,
        removed=len(free),
        restored=len(restored),
        kept=len(stays),
    )
    return Undone(len(free), len(restored), stays)


def _language(slug: str) -> str:
    return campaigns.latest_plan(campaigns.campaign(slug).pk).languages[0]


def _check_may_undo(taken: ListImport, actor: Actor) -> None:
    """Who could have taken it in: everywhere where its people live."""
    people = Person.objects.filter(came_with=taken) | Person.objects.filter(
        listedchange__list=taken
    )
    for area in set(people.values_list("area", flat=True)):
        check_may(actor, Act.REGISTER_PEOPLE, area=places.area_of(area))


def _restore(
    taken: ListImport, *, actor: Actor, language: str, now: datetime
) -> tuple[list[int], list[int]]:
    """What the list changed is as it was; people of whom something was changed again since stay."""
    back, kept = [], []
    for change in listed_changes.made_by(taken):
        if change.status == ListedStatus.MADE:
            still = {
                name: change.before[name]
                for name in change.after
                if name != "traits"
                and listed_changes.current(change.person, name) == (change.after[name] or "")
            }
            if "born" in still or "born_precision" in still:  # a day and its precision go together
                still |= {n: change.before[n] for n in ("born", "born_precision")}
            if still:
                back.append(
                    Change(change.row, change.person_id, change.after, still, ListedStatus.UNDONE)
                )
            if len(still) < len([n for n in change.after if n != "traits"]):
                kept.append(change.person_id)
        listed_changes.decide(change, ListedStatus.UNDONE, actor=actor, now=now)
    listed_changes.make_changes(
        back, language=language, source=f"list {taken.pk} taken back", now=now
    )
    return [c.person for c in back], kept


def _used(people: Iterable[int]) -> set[int]:
    """Of whom something is kept beside what came with the list and what is worked out from it."""
    ids = list(people)
    found: set[int] = set()
    for model in apps.get_models():
        if not model.__module__.startswith("balmis.") or model in DERIVED:
            continue
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey | OneToOneField) and field.related_model is Person:
                rows: Any = model._default_manager.filter(**{f"{field.name}__in": ids})
                found |= set(rows.values_list(field.name, flat=True))
    reached = Contact.objects.filter(person__in=ids).exclude(proof="listed")
    noted = Trait.objects.filter(person__in=ids)  # those of the list are gone
    return (
        found
        | set(reached.values_list("person", flat=True))
        | set(noted.values_list("person", flat=True))
    )


# ---- what waits ------------------------------------------------------------------------------


def waiting_changes(slug: str, *, actor: Actor, now: datetime) -> list[ListedChange]:
    """Changes of who somebody is that wait for a look, of the actor's areas; the look is logged."""
    campaign = campaigns.campaign(slug)
    own = [a.path for a in _own_areas(campaign.area.code, actor)]
    found = listed_changes.waiting(slug, own)
    if found:
        with transaction.atomic():
            audit.record(
                "people.changes_read",
                f"campaign:{slug}",
                actor=actor,
                now=now,
                people=[c.person_id for c in found],
            )
    return found


def _own_areas(root: str, actor: Actor) -> list[Any]:
    found = [places.area_of(a.id) for a in places.areas_below(root)]
    return [a for a in found if may(actor, Act.REGISTER_PEOPLE, area=a)]


@transaction.atomic(durable=True)
def decide_change(
    slug: str, change_id: int, *, accept: bool, why: str, actor: Actor, now: datetime
) -> None:
    """It is the same person, and the list is right; or it stays as it was. Raises NotAllowed, BadInput
    without a reason, Conflict when somebody has decided already."""
    if len(why.strip()) < 3:
        raise BadInput(gettext_noop("Say by what you know it."), ("why",))
    change = listed_changes.lock_change(change_id, slug)
    if change is None:
        raise Conflict(gettext_noop("This change has been decided already."))
    check_may(actor, Act.REGISTER_PEOPLE, area=change.person.area)
    status = ListedStatus.MADE if accept else ListedStatus.REJECTED
    if accept:
        registry.lock(change.person_id)
        change.person.refresh_from_db()
        facts = [name for name in change.before if name != "traits"]
        if any(listed_changes.current(change.person, n) != (change.before[n] or "") for n in facts):
            raise Conflict(
                gettext_noop("What is known of the person has changed since the list came.")
            )
        identities.acting(actor, f"list {change.list_id}: {why.strip()}", now=now)
        made = Change(change.row, change.person_id, change.before, change.after, status)
        listed_changes.make_changes(
            [made], language=_language(slug), source=change.list.file, now=now
        )
        for word in change.after.get("traits", ()):
            kind, _, code = word.partition(":")
            people.add_trait([change.person_id], TraitKind(kind), code)
    listed_changes.decide(change, status, actor=actor, now=now)
    audit.record(
        "people.change_decided",
        f"person:{change.person_id}",
        actor=actor.because(why.strip()[:200]),
        now=now,
        list=change.list_id,
        accepted=accept,
        what=sorted(change.after),
    )
    if accept:
        held_doses.judge_people([change.person_id], now=now)
        campaign = campaigns.campaign(slug)
        plan = campaigns.latest_plan(campaign.pk)
        if enrolment.enrol_people(campaign, plan, [change.person_id]):
            count_again([change.person_id], now=now)

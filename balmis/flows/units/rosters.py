"""A unit's people: who they are, where they stand, who is still missing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from balmis.contexts.access.services import check_may, may, may_somewhere
from balmis.contexts.booking import bookings
from balmis.contexts.campaigns import enrolment
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.campaigns.plan.format import group_rules
from balmis.contexts.clinic import queries as clinic
from balmis.contexts.eligibility import queries as eligibility
from balmis.contexts.journal import audit
from balmis.contexts.people import queries as people
from balmis.contexts.people import search as people_search
from balmis.contexts.places import queries as places
from balmis.contexts.units import queries, services
from balmis.contexts.units.models import Unit
from balmis.core.actor import Actor
from balmis.core.dates import local_day
from balmis.core.errors import BadInput, NotAllowed, Refusal
from balmis.core.files.book import Book
from balmis.core.files.date_column import OPEN_DATES, NoDate, date_cell, decide, is_open
from balmis.core.files.line_list import FoundList, RowProblem, find_list, name_cell
from balmis.core.people.list_columns import ROSTER
from balmis.core.rate_limit import Allowed
from balmis.core.refusal_texts import gettext_noop
from balmis.core.roles import Act
from balmis.core.units.roster_status import roster_status
from balmis.core.vocabulary.people import TraitKind
from balmis.core.vocabulary.reasons import Refused
from balmis.core.vocabulary.units import RosterStatus, Willingness
from balmis.core.written_forms import fold_identity
from balmis.flows.access.tries import spend_all
from balmis.flows.campaigns.enrol import count_again

MOST = 50_000  # people of one unit
LEAST = 5  # people that a unit is told of without their names
TOO_LONG = gettext_noop("The list has {rows} rows; at most {most} at a time.")
MANY = 25  # who came or left, without others who moved: too many for somebody to know all but one
COUNTED_EVERY = timedelta(hours=20)  # once a day, wherever the hour of the look falls
# rows that fit nobody: of a roster with mistakes in it, and not of one that tries out birthdays
MISSES = Allowed("rows of a unit's list that fit nobody", 200, timedelta(days=1) / 200)


def check_leads(unit: Unit, actor: Actor) -> None:
    """Its coordinators, and those who keep units where it lies. Raises NotAllowed."""
    if may(actor, Act.KEEP_UNITS, area=unit.area):
        return
    if not (may_somewhere(actor, Act.LEAD_UNIT) and unit.pk in queries.led_by(actor.name)):
        raise NotAllowed(f"{actor.name} does not lead {unit.code}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepUnit:
    """A unit as it is to be."""

    campaign: str
    code: str
    title: str
    category: str
    area: str
    quota: int | None  # people; None: no limit
    coordinator: int | None  # a user; None: as it was


@transaction.atomic(durable=True)
def keep_unit(cmd: KeepUnit, *, actor: Actor, now: datetime) -> Unit:
    """Make or change a unit. Raises NotAllowed, BadInput, Refusal(NOT_KNOWN)."""
    campaign, place = campaigns.campaign(cmd.campaign), places.area(cmd.area)
    check_may(actor, Act.KEEP_UNITS, area=place)
    known = list(campaigns.groups(campaign.pk).values())
    if cmd.category and cmd.category not in known:
        raise BadInput(
            f"There is no group '{cmd.category}' in the plan; there are: {', '.join(known)}."
        )
    unit = services.keep_unit(
        campaign, cmd.code, title=cmd.title, category=cmd.category, area=place, quota=cmd.quota
    )
    if cmd.coordinator is not None:
        services.keep_coordinator(unit, cmd.coordinator)
    audit.record("unit.kept", f"unit:{unit.pk}", actor=actor, now=now, quota=cmd.quota)
    return unit


# ---- the list -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Imported:
    rows: int
    added: int
    problems: tuple[RowProblem, ...]
    found: FoundList  # where the list stood in the file
    known: int = 0  # rows of people who were on the roster already
    beyond: int = 0  # people more than the quota allows; then nobody was added


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRoster:
    """A list of a unit's people."""

    campaign: str
    unit: str
    book: Book  # as it was read
    page: str | None = None  # of the book, if one was chosen
    day_first: bool | None = None  # of its dates; None: the list decides
    dry_run: bool = False  # only look at it


def import_roster(cmd: ImportRoster, *, actor: Actor, now: datetime) -> Imported:
    """Put a list's people on the roster: those whose row is right; the others are reported by row.

    Columns: number (of the register, or national id), name, born, and if there is position. All three
    have to fit, and a coordinator's people need a tie to the unit: they live in its area, are known to be
    of its category, or were on the roster before. What is lacking is not told, and a unit that tries too
    many is stopped. With more people than the quota allows nobody is added. Raises NotAllowed, BadInput
    when the file has no such columns, Refusal(TOO_MANY_TRIES).
    """
    found = _found(cmd)
    _spend_misses(cmd, found, actor=actor, now=now)
    return _import(cmd, found, actor=actor, now=now)


def _spend_misses(cmd: ImportRoster, found: FoundList, *, actor: Actor, now: datetime) -> None:
    """In a transaction of its own, whatever becomes of the list: a unit tries out nobody's birthday. The
    desk, which sees people anyway, may. Raises NotAllowed, Refusal(TOO_MANY_TRIES)."""
    campaign = campaigns.campaign(cmd.campaign)
    unit = queries.unit(campaign.pk, cmd.unit)
    check_leads(unit, actor)
    if may(actor, Act.KEEP_UNITS, area=unit.area):
        return
    problems = _matched(found, unit, cmd, actor=actor, now=now).problems
    misses = sum(problem.message == FITS_NOBODY for problem in problems)
    if not misses:
        return
    wait = spend_all(MISSES, f"unit {unit.pk}", misses, now=now)
    if wait is not None:
        raise Refusal(Refused.TOO_MANY_TRIES, minutes=-(-int(wait.total_seconds()) // 60))


@transaction.atomic(durable=True)
def _import(cmd: ImportRoster, found: FoundList, *, actor: Actor, now: datetime) -> Imported:
    campaign = campaigns.campaign(cmd.campaign)
    unit = queries.unit(campaign.pk, cmd.unit)
    services.lock_unit(unit)
    matched = _matched(found, unit, cmd, actor=actor, now=now)
    problems, members = tuple(matched.problems), matched.members
    after = matched.before + len(members)
    beyond = max(0, after - unit.quota) if unit.quota is not None else 0
    only_looked = cmd.dry_run or beyond > 0
    if not only_looked:
        today = local_day(now, campaign.time_zone)
        services.add_members(unit, members.items(), on=today)
    audit.record(
        "roster.checked" if only_looked else "roster.imported",
        f"unit:{unit.pk}",
        actor=actor,
        now=now,
        rows=matched.rows,
        added=0 if beyond else len(members),
        problems=len(problems),
        people=sorted(members),
    )
    return Imported(
        matched.rows, 0 if beyond else len(members), problems, found, matched.known, beyond
    )


@dataclass(slots=True)
class _Matched:
    rows: int
    members: dict[int, str]
    problems: list[RowProblem]
    known: int  # rows of people who are on the roster already
    before: int  # people on the roster


def _found(cmd: ImportRoster) -> FoundList:
    """Where the list stands in the file. Raises BadInput for a list without its columns, or too long."""
    found = find_list(cmd.book, ROSTER, page=cmd.page)
    if len(found.page.rows) - found.first > MOST:
        number = len(found.page.rows) - found.first
        raise BadInput(TOO_LONG, ("file",), rows=f"{number:,}", most=f"{MOST:,}")
    return found


def _matched(
    found: FoundList, unit: Unit, cmd: ImportRoster, *, actor: Actor, now: datetime
) -> _Matched:
    """Person id to position for right rows, a problem for each other one, and who is on already."""
    rows = list(found.rows())
    dates = decide(
        (date_cell(c["born"]) for _, c in rows),
        day_first=cmd.day_first,
        today=local_day(now, unit.campaign.time_zone),
        from_1904=cmd.book.from_1904,
    )
    if dates.is_open:
        example = next(c["born"] for _, c in rows if is_open(date_cell(c["born"])))
        raise BadInput(OPEN_DATES, ("day_first",), example=example)
    path = unit.campaign.area.path
    known = people_search.people_by_number([c["number"] for _, c in rows], path)
    may_join = _who_may_be_listed(
        {p.person for found in known.values() for p in found}, unit, actor
    )
    on_roster = set(queries.roster(unit.pk).values_list("person_id", flat=True))
    result = _Matched(len(rows), {}, [], 0, len(on_roster))
    for row, cells in rows:
        number = cells["number"]
        try:
            born = dates.read(date_cell(cells["born"]))
        except NoDate as error:
            told = RowProblem(row, "born", cells["born"], error.message, error.facts)
            result.problems.append(told)
            continue
        fits = [
            p.person
            for p in known.get(number, [])
            if p.person in may_join
            and p.born.holds(born)
            and _is_same_name(p.name, name_cell(cells["name"]))
        ]
        right = list(dict.fromkeys(fits))
        if problem := _problem(row, number, right):
            result.problems.append(problem)
        elif right[0] in on_roster:
            result.known += 1
        elif right[0] not in result.members:  # a row that stands twice says nothing new
            result.members[right[0]] = cells.get("position", "")
    return result


def _who_may_be_listed(found: set[int], unit: Unit, actor: Actor) -> set[int]:
    """Whom a list puts on the roster: of a coordinator's those with a tie to the unit, of the desk's all."""
    if may(actor, Act.KEEP_UNITS, area=unit.area):
        return found
    return queries.tied_people(unit, _traits_of(unit.campaign, unit.category), found)


NUMBER_MISSING = gettext_noop("is empty")
FITS_SEVERAL = gettext_noop("fits several people; ask the registrar")
FITS_NOBODY = gettext_noop(
    "fits nobody here with this birthday and name, or somebody who has to join by the unit's link"
)


def _problem(row: int, number: str, right: list[int]) -> RowProblem | None:
    """Why the row names nobody, if it does not. What the register holds is not told: somebody without a tie
    to the unit is as good as nobody."""
    if not number:
        return RowProblem(row, "number", "", NUMBER_MISSING)
    if not right:  # whether the number or the birthday is wrong is not told
        return RowProblem(row, "number", number, FITS_NOBODY)
    if len(right) > 1:
        return RowProblem(row, "number", number, FITS_SEVERAL)
    return None


def _is_same_name(name: str, stated: str) -> bool:
    return bool(stated) and fold_identity(stated) == fold_identity(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRoster:
    """Who leaves, who said what, and whether the category is attested."""

    campaign: str
    unit: str
    leaving: Sequence[int] = ()
    answers: Sequence[int] = ()  # of these people
    answer: Willingness | None = None
    reason: str = ""
    attest: bool = False


@transaction.atomic(durable=True)
def change_roster(cmd: ChangeRoster, *, actor: Actor, now: datetime) -> None:
    """People leave, answers are noted, the category is attested. Raises NotAllowed."""
    campaign = campaigns.campaign(cmd.campaign)
    unit = queries.unit(campaign.pk, cmd.unit)
    check_leads(unit, actor)
    services.lock_unit(unit)
    today = local_day(now, campaign.time_zone)
    changed: list[int] = []
    if cmd.leaving:
        changed += services.remove_members(unit, cmd.leaving, on=today)
    if cmd.answers and cmd.answer is not None:
        services.note_answers(
            unit, cmd.answers, cmd.answer, reason=cmd.reason[:500], actor=actor.name, now=now
        )
    if cmd.attest:
        trait = _trait_of(campaign, unit.category)
        changed += services.attest(unit, trait, actor=actor.name, now=now)
    if changed and enrolment.enrol_people(campaign, campaigns.latest_plan(campaign.pk), changed):
        count_again(changed, now=now)
    audit.record(
        "roster.changed",
        f"unit:{unit.pk}",
        actor=actor,
        now=now,
        left=len(cmd.leaving),
        answered=len(cmd.answers),
        attested=cmd.attest,
    )


def _traits_of(campaign: Campaign, category: str) -> list[tuple[TraitKind, str]]:
    """By what the plan knows the people of this group; empty: by age and sex alone."""
    rules = {rule.code: rule for rule in group_rules(campaigns.latest_plan(campaign.pk))}
    known_by = rules[category].known_by if category in rules else ()
    return [d.trait for d in known_by if d.trait is not None]


def _trait_of(campaign: Campaign, category: str) -> tuple[TraitKind, str] | None:
    """What is noted of somebody who is attested to be of this group."""
    return next(iter(_traits_of(campaign, category)), None)


# ---- where they stand -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Member:
    person: int
    number: str  # "" where the unit was not told it: they joined by its link
    name: str
    position: str
    by_link: bool
    status: RosterStatus
    reason: str  # theirs, if they refused and gave one
    booked_for: datetime | None
    shown: bool  # they let the unit see it; else it is what they told the unit themselves


@dataclass(frozen=True, slots=True)
class Whole:
    """The roster as a whole, at one moment; None: fewer than five could be told apart."""

    at: datetime
    total: int
    vaccinated: int | None
    booked: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a unit's people stand: for the desk each of them; for the unit those who let it see, what
    the others told it, and the whole as it was counted last."""

    unit: Unit
    members: tuple[Member, ...]
    whole: Whole

    @property
    def counts(self) -> dict[RosterStatus, int]:
        """Of what is shown of each member."""
        counted = Counter(m.status for m in self.members)
        return {status: counted[status] for status in RosterStatus}

    @property
    def missing(self) -> int | None:
        """Who of the whole has had no dose; None where too few could be told apart."""
        whole = self.whole
        return None if whole.vaccinated is None else whole.total - whole.vaccinated


@transaction.atomic(durable=True)
def standing(slug: str, code: str, *, actor: Actor, now: datetime) -> Standing:
    """Everyone on the roster and where they stand; the look is logged. Raises NotAllowed."""
    campaign = campaigns.campaign(slug)
    unit = queries.unit(campaign.pk, code)
    check_leads(unit, actor)
    roster: list[Any] = list(queries.roster(unit.pk).order_by("person__name", "pk"))
    ids = [m.person_id for m in roster]
    doses = clinic.dose_counts(campaign.pk, ids)
    booked = bookings.next_times(campaign.pk, ids)
    excluded = eligibility.statuses(campaign.pk, ids)
    desk = may(actor, Act.KEEP_UNITS, area=unit.area)  # which sees people anyway
    true = [
        roster_status(
            doses=doses.get(m.person_id, 0),
            booked=m.person_id in booked,
            eligibility=excluded.get(m.person_id),
            answer=m.answer,
        )
        for m in roster
    ]
    members = tuple(
        _member(m, status if desk or m.seen_since else None, booked.get(m.person_id), desk=desk)
        for m, status in zip(roster, true, strict=True)
    )
    audit.record("roster.read", f"unit:{unit.pk}", actor=actor, now=now, people=ids)
    unseen = {
        m.person_id: _broad(status)
        for m, status in zip(roster, true, strict=True)
        if not m.seen_since
    }
    counted = Counter(map(_broad, true))
    live = Whole(now, len(roster), counted["vaccinated"], counted["booked"])
    return Standing(unit, members, live if desk else _told(unit, live, unseen, now))


def _member(
    m: Any, status: RosterStatus | None, booked_for: datetime | None, *, desk: bool
) -> Member:
    """With their state, or (None) with what they told the unit alone."""
    told = roster_status(doses=0, booked=False, eligibility=None, answer=m.answer)
    return Member(
        m.person_id,
        "" if m.by_link and not desk else m.person.external_id,
        m.person.name,
        m.position,
        m.by_link,
        status or told,
        m.reason or "",
        booked_for if status else None,
        status is not None,
    )


def _broad(status: RosterStatus) -> str:
    """As a unit is told of people without their names: nothing of health but the dose, and nothing of
    what it can change itself."""
    if status in (RosterStatus.VACCINATED, RosterStatus.BOOKED):
        return status.value
    return "open"


def _told(unit: Unit, live: Whole, unseen: dict[int, str], now: datetime) -> Whole:
    """What the unit was told last, until at least five of those it does not see by name stand elsewhere,
    have come or gone, and a day has passed: who changes one of them and looks again learns nothing."""
    kept = queries.kept_count(unit.pk)
    if kept is not None and kept.total >= LEAST:  # of fewer nothing was told
        before = {int(person): state for person, state in kept.states.items()}
        moved = sum(before[p] != unseen[p] for p in before.keys() & unseen.keys())
        came_or_left = len(before.keys() ^ unseen.keys())  # whom the unit chooses itself
        is_enough = moved >= LEAST or came_or_left >= MANY
        if not is_enough or now < kept.at + COUNTED_EVERY:
            return Whole(kept.at, kept.total, kept.vaccinated, kept.booked)
    services.lock_unit(unit)
    too_few = any(0 < n < LEAST for n in Counter(unseen.values()).values())
    figures = None if too_few else (live.vaccinated or 0, live.booked or 0)
    made = services.keep_count(unit, unseen, total=live.total, told=figures, now=now)
    return Whole(made.at, made.total, made.vaccinated, made.booked)


# ---- who lets whom see -----------------------------------------------------------------------


@transaction.atomic(durable=True)
def let_see(slug: str, person_id: int, unit_id: int, *, yes: bool, now: datetime) -> None:
    """The member says whether this unit may see where they stand. Raises Refusal(NOT_KNOWN)."""
    person = people.canonical_id(person_id)
    if not services.let_see(person, unit_id, yes=yes, now=now):
        raise Refusal(Refused.NOT_KNOWN, what=f"roster of {slug}", key=unit_id)
    audit.record(
        "roster.let_see", f"unit:{unit_id}", actor=Actor(f"person:{person}"), now=now, yes=yes
    )

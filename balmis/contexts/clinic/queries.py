"""Read doses. A live dose is one that no correction has taken back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Q, prefetch_related_objects

from balmis.contexts.clinic.models import Dose, DoseCorrection, Step, Visit
from balmis.contexts.journal.rows import rows_of
from balmis.core.errors import Refusal
from balmis.core.vocabulary.clinic import DoseKind, StepKind
from balmis.core.vocabulary.reasons import Refused


def dose(dose_id: int) -> Dose:
    """Raises Refusal(NOT_KNOWN)."""
    whole = Dose.objects.select_related("person", "site__area", "lot", "campaign__area")
    found = whole.filter(pk=dose_id).first()
    if found is None:
        raise Refusal(Refused.NOT_KNOWN, what="dose", key=dose_id)
    return found


def corrected_by(request_id: UUID) -> int | None:
    """The dose that this request took back."""
    found = DoseCorrection.objects.filter(request_id=request_id)
    return found.values_list("dose_id", flat=True).first()


def dose_for_request(request_id: UUID) -> Dose | None:
    return Dose.objects.filter(request_id=request_id).first()


def last_dose_on(person_id: int, *, until: date) -> date | None:
    """The day of the person's last live dose up to and including `until`."""
    live = Dose.live.filter(person_id=person_id, given_on__lte=until)
    last: date | None = live.aggregate(last=Max("given_on"))["last"]
    return last


# '+ 0' keeps the planner on the person's index: with yesterday's statistics it believes that
# almost nothing is as new as today and would walk all of today's doses for each of them.
DAYS_TOUCHED = """
SELECT DISTINCT later.given_on
FROM clinic_dose AS touched
JOIN clinic_dose AS later ON later.person_id = touched.person_id
  AND later.campaign_id + 0 = touched.campaign_id AND later.given_on + 0 >= touched.given_on
WHERE touched.campaign_id = %s AND (touched.id = ANY(%s) OR touched.batch_id = ANY(%s))
"""


def days_touched(campaign_id: int, *, doses: list[int], batches: list[int]) -> list[date]:
    """The days whose counts these doses change: their own, and those of the same people's later
    doses, because who is counted as newly reached may move."""
    with connection.cursor() as cursor:
        cursor.execute(DAYS_TOUCHED, [campaign_id, doses, batches])
        return [row[0] for row in cursor.fetchall()]


def live_doses(person_id: int) -> list[Dose]:
    """The person's doses that no correction has taken back, oldest first."""
    found = rows_of(Dose, OF_PERSON, [person_id, person_id], view="clinic_live_dose")
    if found:
        prefetch_related_objects(found, "product", "lot", "site")
    return found


# also those of a record that was merged into this one, before they are brought over
OF_PERSON = """
WHERE person_id IN (SELECT id FROM people_person WHERE id = %s OR merged_into_id = %s)
ORDER BY given_on, id
"""


def histories(people: Iterable[int]) -> dict[int, list[dict[str, object]]]:
    """The live doses of each of these people, oldest first: which vaccine, when, which dose."""
    ids = list(people)
    rows = Dose.live.filter(Q(person__in=ids) | Q(person__merged_into__in=ids)).order_by(
        "given_on", "pk"
    )
    found: dict[int, list[dict[str, object]]] = {}
    for own, kept, product, on, kind in rows.values_list(
        "person", "person__merged_into", "product__code", "given_on", "kind"
    ):
        dose = {"product": product, "on": on, "kind": kind}
        found.setdefault(kept or own, []).append(dose)
    return found


def doses_of_people(people: list[int]) -> list[tuple[int, int]]:
    """Campaign and id of every live dose of these people."""
    found = Dose.live.filter(person_id__in=people)
    return list(found.values_list("campaign_id", "pk").order_by("pk"))


def people_of_doses(keys: list[int]) -> set[int]:
    """Who had these doses, whether they live or were taken back."""
    return set(Dose.objects.filter(pk__in=keys).values_list("person_id", flat=True))


def doses_in(campaign_id: int, people: list[int]) -> list[Dose]:
    """Live doses of these people in the campaign, with their products, oldest first."""
    found = Dose.live.filter(campaign_id=campaign_id, person_id__in=people)
    return list(found.select_related("product").order_by("given_on", "pk"))


def dose_counts(campaign_id: int, people: list[int]) -> dict[int, int]:
    """Live doses of the campaign by person, of those who have any."""
    found = Dose.live.filter(campaign_id=campaign_id, person_id__in=people)
    return dict(found.values_list("person_id").annotate(n=Count("pk")).order_by())


def first_doses_by_site(
    sites: Iterable[int], since: date, until: date
) -> dict[tuple[int, str], int]:
    """Live first doses from that day to before the other, by site and product, of every campaign."""
    live = Dose.live.filter(
        site__in=list(sites),
        given_on__gte=since,
        given_on__lt=until,
        kind=DoseKind.PRIMARY_1.value,
    )
    counted = live.values_list("site", "product__code").annotate(n=Count("pk")).order_by()
    return {(site or 0, code): n for site, code, n in counted}


def given_since(site_id: int, since: datetime) -> dict[int, int]:
    """Live doses of each lot at the site, given since then."""
    live = Dose.live.filter(site=site_id, given_at__gte=since)
    found = live.exclude(lot=None).values_list("lot").annotate(n=Count("pk"))
    return dict(found.order_by())


def given_by_site(lot_id: int) -> dict[int | None, int]:
    """Live doses of a lot at each site; None: elsewhere."""
    live = Dose.live.filter(lot=lot_id)
    return dict(live.values_list("site").annotate(n=Count("pk")).order_by())


def given_of_product(campaign_id: int, product_id: int) -> int:
    """Live doses of a product in the campaign."""
    live = Dose.live.filter(campaign=campaign_id, product=product_id)
    return live.count()


def doses_of_lot(lot_id: int, site_id: int | None) -> list[Dose]:
    """Live doses of the lot (at the site), the first first, with their people and vials."""
    live = Dose.live.filter(lot=lot_id)
    if site_id is not None:
        live = live.filter(site=site_id)
    return list(live.select_related("person", "site__area", "vial").order_by("given_at", "pk"))


def given_on(campaign_id: int, people: Iterable[int], on: date) -> dict[int, UUID]:
    """Of these people, who had a live dose of the campaign that day, and its request."""
    live = Dose.live.filter(campaign=campaign_id, person__in=list(people), given_on=on)
    return dict(live.values_list("person", "request_id"))


STAMPED = [k.value for k in (StepKind.CHECK_IN, StepKind.SCREEN, StepKind.DOSE, StepKind.DISCHARGE)]
STANDINGS = """
SELECT p.area_id, g.code, pr.code, x.completed, x.since, count(*)
FROM (
  SELECT person_id, bool_or(completes) AS completed, max(given_on) AS since,
    (array_agg(product_id ORDER BY given_on DESC, id DESC))[1] AS product_id
  FROM clinic_live_dose
  WHERE campaign_id = %s AND given_on <= %s AND kind NOT LIKE 'booster%%'
  GROUP BY person_id
) x JOIN people_person p ON p.id = x.person_id JOIN supply_product pr ON pr.id = x.product_id
LEFT JOIN campaigns_member m ON m.campaign_id = %s AND m.person_id = x.person_id
LEFT JOIN campaigns_group g ON g.id = m.group_id
GROUP BY 1, 2, 3, 4, 5
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """So many people of an area and group stand alike: the course is complete, or the last dose of a
    product was on that day."""

    area: int
    group: str
    product: str
    completed: bool
    since: date
    people: int


def standings(campaign_id: int, day: date) -> list[Standing]:
    """Everyone with a primary dose as of 24:00 of the day."""
    with connection.cursor() as cursor:
        cursor.execute(STANDINGS, [campaign_id, day, campaign_id])
        return [Standing(a, g or "", p, c, s, n) for a, g, p, c, s, n in cursor.fetchall()]


def stamps(
    site_id: int, since: datetime, most: int = 200_000
) -> list[tuple[str, int, str, datetime]]:
    """Kind, visit, actor and instant of the steps at a site since then, that were not undone; the latest."""
    steps = Step.objects.filter(visit__site=site_id, at__gte=since, kind__in=STAMPED)
    undone = Step.objects.filter(visit__site=site_id, kind=StepKind.UNDO.value).values_list(
        "facts__step", flat=True
    )
    gone = {str(x) for x in undone}
    found = steps.order_by("-at").values_list("kind", "visit", "actor", "at", "request_id")[:most]
    return [
        (kind, visit, actor, at) for kind, visit, actor, at, key in found if str(key) not in gone
    ]


def was_treated(person_id: int) -> bool:
    """Was a dose ever recorded of the person, taken back or not, or did they come to a site?"""
    came = Visit.objects.filter(person=person_id).exists()
    return came or Dose.objects.filter(person=person_id).exists()

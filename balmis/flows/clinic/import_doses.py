"""Doses from a list: the same rules, flags and stock as `record_dose`, set-based.

The rows are taken in the order given (`given_at`, then row); the result is what recording
them one by one in that order would leave. `tests/agreement` proves it.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from django.db import connection, transaction

from balmis.contexts.access.services import check_may
from balmis.contexts.campaigns import queries as campaigns
from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.clinic import bulk as clinic
from balmis.contexts.journal import audit, batches, locks, outbox
from balmis.contexts.safety import bulk as safety
from balmis.contexts.safety import held_doses
from balmis.contexts.supply import bulk as supply
from balmis.core.actor import Actor
from balmis.core.dates import CLOCK_ERROR
from balmis.core.errors import BadInput
from balmis.core.roles import Act

COLUMNS = {
    "row": pl.Int64,  # its place in the source, for messages
    "key": pl.String,  # the source's own key of this dose: the same key is the same dose
    "person": pl.String,  # external id in the register
    "product": pl.String,
    "lot": pl.String,  # empty: not known
    "site": pl.String,  # empty: given elsewhere
    "kind": pl.String,
    "units": pl.Float64,
    "given_at": pl.String,  # ISO instant with offset
}

STAGE = """
CREATE TEMPORARY TABLE dose_list (
  row bigint, key text, person text, product text, lot text, site text, kind text,
  units numeric, given_at timestamptz
) ON COMMIT DROP
"""
RESOLVE = """
CREATE TEMPORARY TABLE dose_in ON COMMIT DROP AS
SELECT s.row, md5(%(source)s || chr(31) || s.key)::uuid AS request_id,
  p.id AS person_id, p.born,
  pr.id AS product_id, pr.primary_doses, pr.min_age_years, pr.min_interval_days,
  l.id AS lot_id, l.expires_on, t.id AS site_id, s.kind, s.units, s.given_at,
  (s.given_at AT TIME ZONE coalesce(t.time_zone, %(zone)s))::date AS given_on,
  NULL::date AS previous, NULL::numeric AS left_after
FROM dose_list s
LEFT JOIN people_person p
  ON p.register_id = %(register)s AND people_code(p.external_id) = people_code(s.person)
LEFT JOIN supply_product pr ON pr.code = s.product
LEFT JOIN supply_lot l ON l.product_id = pr.id AND l.number = s.lot AND s.lot <> ''
LEFT JOIN places_site t ON t.code = s.site AND s.site <> '' AND t.area_id IN
  (SELECT id FROM places_area WHERE starts_with(path, %(root)s))
"""
UNRESOLVED = """
SELECT row, what FROM (
  SELECT i.row, 'nobody in the register has the id "' || s.person || '"' AS what
  FROM dose_in i JOIN dose_list s USING (row) WHERE i.person_id IS NULL
  UNION ALL SELECT i.row, 'the product "' || s.product || '" is not known'
  FROM dose_in i JOIN dose_list s USING (row) WHERE i.product_id IS NULL
  UNION ALL SELECT i.row, 'the lot "' || s.lot || '" of ' || s.product || ' is not known'
  FROM dose_in i JOIN dose_list s USING (row)
  WHERE s.lot <> '' AND i.lot_id IS NULL AND i.product_id IS NOT NULL
  UNION ALL SELECT i.row, 'the site "' || s.site || '" is not known in the campaign'
  FROM dose_in i JOIN dose_list s USING (row) WHERE s.site <> '' AND i.site_id IS NULL
  UNION ALL SELECT min(row), 'the key "' || key || '" stands ' || count(*) || ' times in the list'
  FROM dose_list GROUP BY key HAVING count(*) > 1
  UNION ALL SELECT row, 'the kind of dose "' || kind || '" is not known'
  FROM dose_list WHERE kind <> ALL(%(kinds)s)
  UNION ALL SELECT row, 'the kind, the units or the time is missing'
  FROM dose_list WHERE kind IS NULL OR units IS NULL OR given_at IS NULL
  UNION ALL SELECT row, 'the units must be from 0.01 to 99.99'
  FROM dose_list WHERE round(units, 2) < 0.01 OR round(units, 2) >= 100
  UNION ALL SELECT row, 'a dose cannot have been given at ' || given_at
  FROM dose_list WHERE given_at > %(latest)s OR given_at < '1900-01-01'
) AS problems ORDER BY row, what LIMIT 1000
"""
HOLD_PEOPLE = """
SELECT count(*) FROM (
  SELECT id FROM people_person WHERE id IN (SELECT person_id FROM dose_in)
  ORDER BY id FOR NO KEY UPDATE
) AS held
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDoses:
    """A list of doses. `rows` has the columns of COLUMNS; `source` names where it is from,
    so that the same key of the same source is the same dose for ever."""

    campaign: str
    register_id: int
    source: str
    rows: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Imported:
    batch: int | None  # None when every row was known
    recorded: int
    known_before: int
    flags: int


class _BadRows(BadInput):
    """Rows have problems, which tell whom the register knows."""


def import_doses(cmd: ImportDoses, *, actor: Actor, now: datetime) -> Imported:
    """Record every dose of the list, or none. Rows recorded before are skipped.

    Raises BadInput with one problem a row, which is a look and a line of the trail; NotAllowed.
    """
    try:
        return _import(cmd, actor=actor, now=now)
    except _BadRows as bad:
        _note_look(cmd, len(bad.problems), actor=actor, now=now)
        raise


@transaction.atomic(durable=True)
def _note_look(cmd: ImportDoses, problems: int, *, actor: Actor, now: datetime) -> None:
    audit.record(
        "doses.checked",
        f"campaign:{campaigns.campaign(cmd.campaign).pk}",
        actor=actor,
        now=now,
        source=cmd.source,
        rows=cmd.rows.height,
        problems=problems,
    )


@transaction.atomic(durable=True)
def _import(cmd: ImportDoses, *, actor: Actor, now: datetime) -> Imported:
    campaign = campaigns.campaign(cmd.campaign)
    check_may(actor, Act.RECORD_DOSE, area=campaign.area)
    locks.write_facts(locks.STOCK, campaign.pk)
    _stage(cmd, campaign, now)
    _hold_people()
    known = clinic.skip_known(campaign.pk)
    if known == cmd.rows.height:
        return Imported(None, 0, known, 0)
    clinic.find_previous()
    supply.lock_staged_balances()
    batch = batches.open_batch(
        "doses",
        source=cmd.source,
        digest=_digest(cmd.rows["key"]),
        rows=cmd.rows.height,
        actor=actor,
        now=now,
    )
    recorded = clinic.administer_staged(
        campaign_id=campaign.pk, batch_id=batch, actor=actor.name, now=now
    )
    supply.draw_staged(actor=actor.name, now=now)
    flags = safety.flag_staged(now=now)
    held_doses.judge_staged(now=now)
    audit.record(
        "doses.imported",
        f"batch:{batch}",
        actor=actor,
        now=now,
        source=cmd.source,
        recorded=recorded,
        known_before=known,
        flags=flags,
    )
    outbox.publish("doses.imported.v1", now=now, campaign=campaign.pk, batch=batch)
    return Imported(batch, recorded, known, flags)


def _stage(cmd: ImportDoses, campaign: Campaign, now: datetime) -> None:
    from balmis.core.vocabulary.clinic import DoseKind

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS dose_list, dose_in")
        cursor.execute(STAGE)
        ordered = cmd.rows.select(list(COLUMNS))
        with cursor.copy(
            "COPY dose_list FROM STDIN (FORMAT csv, FORCE_NOT_NULL (lot, site))"
        ) as copy:
            copy.write(ordered.write_csv(include_header=False).encode())
        cursor.execute(
            RESOLVE,
            {
                "source": cmd.source,
                "zone": campaign.time_zone,
                "root": campaign.area.path,
                "register": cmd.register_id,
            },
        )
        cursor.execute("ANALYZE dose_in")
        cursor.execute(
            UNRESOLVED, {"kinds": [k.value for k in DoseKind], "latest": now + CLOCK_ERROR}
        )
        problems = tuple(f"row {row}: {what}" for row, what in cursor.fetchall())
    if problems:
        raise _BadRows("The list of doses has problems; nothing was recorded.", problems)


def _hold_people() -> None:
    with connection.cursor() as cursor:
        cursor.execute(HOLD_PEOPLE)


def _digest(keys: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for key in keys:
        digest.update(key.encode())
        digest.update(b"\x1f")
    return digest.hexdigest()

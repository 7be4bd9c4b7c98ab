"""Doses and cases of a campaign as the statistics take them: expected counts by lot, site, product."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.safety.exposure import LOWER, Exposure, Onset, exposure, onsets
from balmis.core.confidence_limits import Floats
from balmis.core.dates import local_day
from balmis.core.safety.catalogue import BackgroundRate, Event
from balmis.core.safety.expected_counts import completeness
from balmis.core.vocabulary.safety import KnownEvent
from balmis.flows.safety import reference_data

ENOUGH = 30  # cases from which on the campaign's own rate is used beside the published one
LEARNT = 100  # cases from which on the campaign's own delay is used
SETTLED = 14  # days after a dose by which nearly all that will be told has been
Tally = tuple[Counter[int], dict[tuple[int, ...], float]]


@dataclass(frozen=True)
class Counted:
    """One moment's doses and cases; every figure of a look comes from here."""

    campaign: Campaign
    now: datetime
    today: date
    doses: Exposure
    cases: tuple[Onset, ...]

    @cached_property
    def since(self) -> NDArray[np.int64]:
        """Days since each row's doses."""
        return np.asarray(self.today.toordinal() - self.doses.day, dtype=np.int64)

    def known(self, event: Event) -> Floats:
        """The share of each row's events in the window that has been told of by now.

        Of the sums over all events it is learnt from the campaign; before it has told enough, all is
        taken to be told at once, so that quick telling alone holds no lot. Of single events it follows
        from their window and the delay that is assumed.
        """
        if not len(self.since):
            return np.zeros(0)
        most = int(self.since.max())
        share = (
            self._learnt(event, most)
            if event.code in reference_data.SUMS
            else completeness(event.window, reference_data.safety_file().delay, most)
        )
        return np.asarray(share[np.maximum(self.since, 0)], dtype=np.float64)

    def _learnt(self, event: Event, days: int) -> Floats:
        """The share of cases that were known within so many days of the dose, (days + 1,)."""
        old = [c for c in self.of_event(event) if (self.today - c.given_on).days >= SETTLED]
        if len(old) < LEARNT:
            return np.ones(days + 1)
        took = np.clip([(c.known_on - c.given_on).days for c in old], 0, days)
        told = np.cumsum(np.bincount(took, minlength=days + 1)) / len(old)
        return np.asarray(told, dtype=np.float64)

    def due(self, event: Event, which: str = "mid") -> Floats:
        """Events due and known by now, a row of doses each. Rows for whom no rate is known count
        nothing: their cases are left out by `of_event`, too."""
        return np.asarray(self.doses.doses * self._per_dose(event, which) * self.known(event))

    def _per_dose(self, event: Event, which: str) -> Floats:
        found = np.zeros(len(self.since))
        for rate in event.rates:
            found = np.where(self._covers(rate), rate.per_dose(which, event.window), found)
        return found

    def _covers(self, rate: BackgroundRate) -> NDArray[np.bool_]:
        """Bands begin where rates do, so that the youngest of a band stands for all of it."""
        age = np.array(LOWER)[self.doses.band]
        found = (age >= rate.from_age) & (age <= rate.to_age)
        return found & (self.doses.sex == rate.sex.value) if rate.sex is not None else found

    def of_event(self, event: Event) -> list[Onset]:
        """The cases that count: this event, within its window after the dose, of people whom its rates
        cover. Of the sums each dose counts once, however often and by whomever it was told of."""
        found = [
            c
            for c in self.cases
            if (event.code in reference_data.SUMS or c.event == event.code)
            and (event.code != KnownEvent.ANY_SERIOUS or c.serious)
            and event.first <= (c.onset_on - c.given_on).days <= event.last
            and (not event.rates or any(r.covers(c.age, c.sex) for r in event.rates))
        ]
        if event.code not in reference_data.SUMS:
            return found
        return list({c.dose: c for c in reversed(found)}.values())[::-1]

    def by(self, values: Floats, *names: str) -> dict[tuple[int, ...], float]:
        """Sums of a column over the columns named: lot, site, product."""
        if not len(values):
            return {}
        columns = np.stack([getattr(self.doses, n) for n in names], axis=1)
        keys, back = np.unique(columns, axis=0, return_inverse=True)
        sums = np.bincount(back.reshape(-1), weights=values, minlength=len(keys))
        return {tuple(k): float(v) for k, v in zip(keys.tolist(), sums, strict=True)}

    @cached_property
    def _tallies(self) -> dict[str, Tally]:
        return {}

    def tally(self, event: Event) -> Tally:
        """Cases and doses of each lot, of doses so long ago that nearly all has been told; worked out
        once."""
        if event.code not in self._tallies:
            wait = SETTLED + event.last
            settled = np.where(self.since >= wait, self.doses.doses, 0).astype(float)
            old = [c for c in self.of_event(event) if (self.today - c.given_on).days >= wait]
            self._tallies[event.code] = (Counter(c.lot for c in old), self.by(settled, "lot"))
        return self._tallies[event.code]

    @cached_property
    def _published(self) -> dict[str, float]:
        return defaultdict(float)

    def published(self, event: Event) -> float:
        """Events due a dose of this campaign by the published rates; of the sums, by the highest: how
        much is told differs many-fold from place to place."""
        if event.code not in self._published and len(self.since):
            which = "high" if event.code in reference_data.SUMS else "mid"
            due = float((self.doses.doses * self._per_dose(event, which)).sum())
            self._published[event.code] = due / float(self.doses.doses.sum())
        return self._published[event.code]

    def own_rate(self, event: Event, *, but: int = 0) -> float:
        """Events due a dose: what the campaign's other lots show (all but the lot `but`), once they
        show enough; the published rate before, and for single events at least. A bad lot must not
        hide behind itself."""
        seen, settled = self.tally(event)
        cases = sum(seen.values()) - seen[but]
        ready = sum(settled.values()) - settled.get((but,), 0.0)
        if cases < ENOUGH or not ready:
            return self.published(event)
        own = cases / ready
        return own if event.code in reference_data.SUMS else max(self.published(event), own)


def counted(campaign: Campaign, *, now: datetime) -> Counted:
    today = local_day(now, campaign.time_zone)
    return Counted(
        campaign,
        now,
        today,
        exposure(campaign.pk, today),
        tuple(onsets(campaign.pk, campaign.time_zone, now)),
    )

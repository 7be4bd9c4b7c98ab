"""Doses and cases of a campaign as the statistics take them: expected counts by lot, site, product."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.safety.exposure import Exposure, Onset, exposure, onsets
from balmis.core.dates import local_day
from balmis.core.safety.catalogue import Event, Rate
from balmis.core.safety.expected import completeness
from balmis.core.safety.limits import Floats
from balmis.flows.safety import data

ENOUGH = 30  # cases from which on the campaign's own rate is used beside the published one


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
        """The share of each row's events in the window that has been told of by now."""
        if not len(self.since):
            return np.zeros(0)
        share = completeness(event.window, data.safety_file().delay, int(self.since.max()))
        return np.asarray(share[self.since], dtype=np.float64)

    def due(self, event: Event, which: str = "mid") -> Floats:
        """Events due and known by now, a row of doses each. Rows for whom no rate is known count
        nothing: their cases are left out by `of_event`, too."""
        per_dose = np.zeros(len(self.since))
        for rate in event.rates:
            per_dose = np.where(self._covers(rate), rate.per_dose(which, event.window), per_dose)
        return np.asarray(self.doses.doses * per_dose * self.known(event), dtype=np.float64)

    def _covers(self, rate: Rate) -> NDArray[np.bool_]:
        age = self.doses.band * 5  # the lower end of its five years
        found = (age >= rate.from_age // 5 * 5) & (age <= rate.to_age)
        if rate.sex is not None:
            found &= self.doses.sex == rate.sex.value
        return found

    def of_event(self, event: Event) -> list[Onset]:
        """The cases that count: this event, within its window after the dose."""
        first, last = event.first, event.last
        return [
            c for c in self.cases
            if (event.code in data.SUMS or c.event == event.code)
            and (event.code != "any_serious" or c.serious)
            and first <= (c.onset_on - c.given_on).days <= last
        ]  # fmt: skip

    def by(self, values: Floats, *names: str) -> dict[tuple[int, ...], float]:
        """Sums of a column over the columns named: lot, site, product."""
        found: dict[tuple[int, ...], float] = defaultdict(float)
        keys = zip(*(getattr(self.doses, n).tolist() for n in names), strict=True)
        for key, value in zip(keys, values.tolist(), strict=True):
            found[key] += value
        return dict(found)

    @cached_property
    def _tallies(self) -> dict[str, tuple[Counter[int], dict[tuple[int, ...], float]]]:
        return {}

    def _tally(self, event: Event) -> tuple[Counter[int], dict[tuple[int, ...], float]]:
        """Cases, and doses whose events are known, of each lot; worked out once."""
        if event.code not in self._tallies:
            ready = np.asarray(self.doses.doses * self.known(event), dtype=np.float64)
            seen = Counter(c.lot for c in self.of_event(event))
            self._tallies[event.code] = (seen, self.by(ready, "lot"))
        return self._tallies[event.code]

    def own_rate(self, event: Event, *, but: int = 0) -> float:
        """Events due a dose: the published rate, or what the campaign's other lots show (all but the
        lot `but`) if that is more, once they show enough: telling more of everything must not make
        every lot look bad, and a bad lot must not hide behind itself."""
        published = max((r.per_dose("mid", event.window) for r in event.rates), default=0.0)
        seen, known = self._tally(event)
        cases = sum(seen.values()) - seen[but]
        ready = sum(known.values()) - known.get((but,), 0.0)
        return max(published, cases / ready) if cases >= ENOUGH and ready else published


def counted(campaign: Campaign, *, now: datetime) -> Counted:
    today = local_day(now, campaign.time_zone)
    return Counted(campaign, now, today, exposure(campaign.pk, today),
                   tuple(onsets(campaign.pk, campaign.time_zone, now)))  # fmt: skip

"""How many codes are sent, and to where: by person, destination, prefix and campaign, in all processes.

What is refused is told as it is, and alike whoever is registered: the limits go by what was typed and
by where it would go, not by what the register holds. In the caller's transaction: what is not sent in
the end was not spent.
"""

import logging
from datetime import datetime, timedelta

from balmis.contexts.access import allowances
from balmis.core.errors import Refusal
from balmis.core.policy import IdentityPolicy
from balmis.core.rate_limit import Allowed
from balmis.core.vocabulary.notices import Medium
from balmis.core.vocabulary.reasons import Refused

log = logging.getLogger("balmis.notices")

HOUR = timedelta(hours=1)
PREFIX = 8  # signs of an international number: the country, the network and a block of its numbers
LANES = 4  # networks that may use up what one destination gets in an hour
OF_PREFIX = Allowed("codes to numbers that begin alike", 200, HOUR / 600)


def check_asked(
    slug: str, whose: str, policy: IdentityPolicy, *, network: str, now: datetime
) -> None:
    """So many for one person, asked from one network: whoever asks elsewhere does not use up the
    owner's. Raises Refusal(TOO_MANY_TRIES)."""
    _spend(
        _hourly("codes asked for one person", policy.codes_an_hour),
        f"{slug} {whose} {network}",
        now,
    )


def check_sent(
    slug: str,
    medium: Medium,
    address: str,
    policy: IdentityPolicy,
    *,
    network: str,
    owner: bool = False,
    now: datetime,
) -> None:
    """So many to one destination, from one network and in all; to numbers that begin alike; and in a day
    of the campaign. Raises Refusal(TOO_MANY_TRIES, NO_MORE_CODES)."""
    an_hour = policy.codes_an_hour
    way = (
        "to an owner" if owner else "to one address"
    )  # what strangers state uses up nothing of theirs
    _spend(_hourly(f"codes {way} from a network", an_hour), f"{address} {network}", now)
    _spend(_hourly(f"codes {way}", LANES * an_hour), address, now)
    if medium is not Medium.SMS:
        return
    _spend(OF_PREFIX, f"{slug} {address[:PREFIX]}", now)
    a_day = policy.messages_a_day
    ceiling = Allowed("codes of a campaign in a day", a_day, timedelta(days=1) / a_day)
    if allowances.spend(ceiling, slug, now=now) is not None:
        log.error("the day's text messages are used up", extra={"job": slug})
        raise Refusal(Refused.NO_MORE_CODES)


def _hourly(name: str, times: int) -> Allowed:
    return Allowed(name, times, HOUR / times)


def _spend(what: Allowed, who: str, now: datetime) -> None:
    wait = allowances.spend(what, who, now=now)
    if wait is not None:
        raise Refusal(Refused.TOO_MANY_TRIES, minutes=-(-int(wait.total_seconds()) // 60) or 1)

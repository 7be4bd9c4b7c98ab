"""Words of the planning studio."""

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from balmis.core.planning.study_result import StudyAsked
from balmis.core.vocabulary.planning import Bottleneck
from balmis.web.labels.formats import listed

CAUSES = {
    Bottleneck.SUPPLY: _("doses that come"),
    Bottleneck.CAPACITY: _("hands at the sites"),
    Bottleneck.COLD: _("cold rooms"),
    Bottleneck.UPTAKE: _("people who come"),
    Bottleneck.PHASES: _("groups that open later"),
    Bottleneck.INTERVAL: _("intervals between doses"),
    Bottleneck.PRODUCTS: _("who may have which vaccine"),
    Bottleneck.REST: _("more people than there are"),
    Bottleneck.NO_SHOW: _("appointments that were missed"),
    Bottleneck.PACE: _("doses in store that were not given yet"),
}


def caused(cause: str) -> str:
    """A cause in words; of several that only help together all of them."""
    return " + ".join(str(CAUSES[Bottleneck(c)]) for c in cause.split("+"))


STATES = {
    "waiting": _("waits for its turn"),
    "running": _("being worked out"),
    "done": _("done"),
    "failed": _("failed"),
    "cancelled": _("stopped"),
}
POLICIES = {
    "follow": _("as the plan says"),
    "set-aside": _("first come, with a set-aside for second doses"),
    "lockbox": _("every second dose under lock"),
}
DOING = {
    "earliest": _("looking for the earliest date"),
    "late": _("nobody late"),
    "aims": _("the targets"),
    "early": _("the targets, earlier"),
    "thrift": _("nothing wasted"),
    "all": _("the plan"),
    "futures": _("drawing futures"),
    "foresight": _("futures with perfect foresight"),
} | CAUSES
REGULATORY = {
    "approved": _("approved"),
    "emergency": _("emergency use"),
    "listed": _("listed by the WHO"),
    "under-review": _("under review"),
    "none": _("no decision yet"),
}
LACKS = {
    "seats": _("room for observation seats"),
    "parking": _("parking"),
    "cold chain": _("a cold chain"),
    "power": _("backup power"),
}


def asked_in_words(asked: StudyAsked, titles: dict[str, str] | None = None) -> str:
    """What a study was asked, in one line: all that differs from the assumptions that come along."""
    what, told = asked["what"], list[str]()
    if what["supply"] != 1:
        told.append(gettext("deliveries %(n)s %%") % {"n": round(100 * what["supply"])})
    if what["capacity"] != 1:
        told.append(gettext("hands %(n)s %%") % {"n": round(100 * what["capacity"])})
    if what["uptake"]:
        told.append(gettext("people who come %(n)s points") % {"n": f"{100 * what['uptake']:+.0f}"})
    if what["lag_days"]:
        told.append(gettext("deliveries %(n)s days later") % {"n": what["lag_days"]})
    if what["surge"]:
        told.append(gettext("the surge"))
    if what["option"]:
        told.append((titles or {}).get(what["option"], what["option"]))
    if what["by"]:
        told.append(gettext("targets on %(day)s") % {"day": shown(what["by"])})
    if asked["after"]:
        told.append(gettext("from what was given until %(day)s") % {"day": shown(asked["after"])})
    if asked.get("name"):
        told.append(gettext("other assumptions: %(name)s") % {"name": asked["name"]})
    return listed(told) or gettext("as assumed")


def shown(day: str) -> str:
    """A day as people of the language write it."""
    return date_format(date.fromisoformat(day))

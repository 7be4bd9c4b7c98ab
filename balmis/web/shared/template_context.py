"""What every page's frame needs."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from balmis import __version__
from balmis.contexts.access import services as access
from balmis.core.roles import Act
from balmis.web.shared.requests import actor_of


def shell(request: HttpRequest) -> dict[str, object]:
    return {
        "languages": settings.LANGUAGES,
        "version": __version__,
        "here": request.get_full_path(),
        "acts": SimpleLazyObject(lambda: _acts(request)),
    }


def _acts(request: HttpRequest) -> frozenset[str]:
    """What the signed-in person may do somewhere: desks of others are not shown."""
    if not request.user.is_authenticated:
        return frozenset()
    actor = actor_of(request)
    return frozenset(act.value for act in Act if access.may_somewhere(actor, act))

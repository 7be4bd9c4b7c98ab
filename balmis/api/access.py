"""Who calls, as flows are told."""

from dataclasses import replace

from django.http import HttpRequest

from balmis.contexts.access import services as access
from balmis.core.actor import Actor


def actor_of(request: HttpRequest) -> Actor:
    """The user of the session, through this call."""
    match = request.resolver_match
    found = access.actor_for(request.user)  # type: ignore[arg-type]
    return replace(found, door=f"api {match.url_name}" if match else "api")

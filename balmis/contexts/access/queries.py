"""Read users."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from balmis.contexts.access.models import Grant, User
from balmis.contexts.access.services import holding
from balmis.contexts.places.models import Area, Site
from balmis.core.roles import MAY, Act, Office
from balmis.core.vocabulary.access import Role


@dataclass(frozen=True, slots=True)
class UserView:
    username: str
    grants: list[str]  # as `balmis user keep --grant` takes them
    active: bool


def users() -> list[UserView]:
    found = User.objects.prefetch_related("grants__area", "grants__site").order_by("username")
    return [
        UserView(
            user.username,
            [
                g.role + place_of(g) + (f" until {g.until:%Y-%m-%d %H:%M}" if g.until else "")
                for g in user.grants.all()
            ],
            user.is_active,
        )
        for user in found
    ]


def place_of(grant: Grant) -> str:
    """As `balmis user keep --grant` takes it: '@site:hall', '@area:KR-49', or '' for everywhere."""
    if grant.site is not None:
        return f"@site:{grant.site.code}"
    return f"@area:{grant.area.code}" if grant.area is not None else ""


def grants_of(user_id: int) -> list[Grant]:
    """Those that hold now."""
    found = holding().filter(user_id=user_id).select_related("area", "site__area")
    return list(found.order_by("role", "pk"))


def zone_of(user_id: int) -> str:
    """The clock by which the user works: that of a site of theirs, or of their area; else UTC."""
    grants = grants_of(user_id)
    for grant in grants:
        if grant.site is not None:
            return grant.site.time_zone
    below = [grant.area.path for grant in grants if grant.area is not None] or [""]
    sites = Site.objects.filter(area__path__startswith=below[0]).order_by("pk")
    return sites.values_list("time_zone", flat=True).first() or "UTC"


def emergencies() -> list[Grant]:
    """Roles that people took themselves, and that hold now."""
    found = holding().exclude(emergency="").select_related("area", "site", "user")
    return list(found.order_by("until"))


@dataclass(frozen=True, slots=True)
class Reach:
    """How a user is written to; without an address not at all."""

    username: str
    address: str
    language: str  # '' where they have not signed in yet


def reach_of(user_id: int) -> Reach:
    found = User.objects.values_list("username", "email", "language").get(pk=user_id)
    return Reach(*found)


def addresses() -> dict[str, str]:
    """User names to where they are written to."""
    return dict(User.objects.exclude(email="").values_list("username", "email"))


def user_id(username: str) -> int | None:
    return User.objects.filter(username=username).values_list("pk", flat=True).first()


@dataclass(frozen=True, slots=True)
class Staff:
    username: str
    name: str  # in the trail
    of_the_site: bool  # by a role at this very site


def staff_at(site: Site, act: Act) -> list[Staff]:
    """Who may do this at the site."""
    grants = holding().filter(
        Q(site=site) | Q(site__isnull=True),
        user__is_active=True,
        role__in=[r.value for r in Role if r in MAY[act]],
    )
    found: dict[str, Staff] = {}
    rows = grants.values_list("user__username", "user", "site", "area__path")
    for username, key, at, path in rows.order_by("user__username", "site"):
        if at is None and path is not None and not site.area.path.startswith(path):
            continue
        here = at is not None or (username in found and found[username].of_the_site)
        found[username] = Staff(username, f"user:{key}", here)
    return list(found.values())


def offices_of(trail: Iterable[str], act: Act, place: Site | Area) -> dict[str, Office]:
    """Names as the trail has them, to the role by which each may do this at the place: the one that
    holds now and is nearest to it, else one that has ended."""
    users = {int(key) for name in trail if (key := name.removeprefix("user:")).isdigit()}
    site, path = (place, place.area.path) if isinstance(place, Site) else (None, place.path)
    grants = Grant.objects.filter(user__in=users, role__in=[r.value for r in Role if r in MAY[act]])
    known = set(holding().filter(user__in=users).values_list("pk", flat=True))
    near: dict[str, tuple[tuple[bool, bool, int, int], Office]] = {}
    for grant in grants.select_related("area", "site").order_by("pk"):
        if grant.site is not None and grant.site != site:
            continue
        if grant.area is not None and not path.startswith(grant.area.path):
            continue
        where = grant.site or grant.area
        width = len(grant.area.path) if grant.area is not None else 0
        rank = (grant.pk in known, grant.site is not None, width, -grant.pk)
        name = f"user:{grant.user_id}"
        if name not in near or rank > near[name][0]:
            near[name] = rank, Office(Role(grant.role), where.names if where else None)
    return {name: office for name, (_, office) in near.items()}


def names_of(trail: list[str]) -> dict[str, str]:
    """Names as the trail has them ('user:7') to those that people read."""
    keys = {int(key) for name in trail if (key := name.removeprefix("user:")).isdigit()}
    found = User.objects.filter(pk__in=keys).values_list("pk", "first_name", "username")
    return {f"user:{pk}": first or username for pk, first, username in found}


def actors_of(usernames: Iterable[str]) -> dict[str, str]:
    """User names to the names that the trail has."""
    found = User.objects.filter(username__in=list(usernames)).values_list("username", "pk")
    return {name: f"user:{pk}" for name, pk in found}

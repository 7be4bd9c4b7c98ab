"""Read users."""

from dataclasses import dataclass

from balmis.contexts.access.models import User


@dataclass(frozen=True, slots=True)
class UserView:
    username: str
    grants: list[str]  # as `balmis user keep --grant` takes them


def users() -> list[UserView]:
    found = User.objects.prefetch_related("grants__area", "grants__site").order_by("username")
    return [
        UserView(
            user.username,
            [g.role + (f"@site:{g.site.code}" if g.site else f"@area:{g.area.code}" if g.area else "")
             for g in user.grants.all()],
        )
        for user in found
    ]  # fmt: skip


def user_id(username: str) -> int | None:
    return User.objects.filter(username=username).values_list("pk", flat=True).first()

"""The whole way, in an order in which each part finds what it needs."""

from balmis.contexts.access.models import Allowance
from tests.walk import accounts, booking, clinic, desks, safety, store
from tests.walk.steps import Walk
from tests.walk.world import World

PARTS = (
    store.deliveries,
    store.shelf,
    store.moves,
    store.discards,
    store.fridges,
    store.close,
    clinic.steps,
    clinic.doses,
    clinic.looked_at,
    clinic.leftover,
    safety.reports,
    safety.cases,
    safety.causality,
    safety.holds,
    safety.signals,
    safety.teams,
    safety.reactions,
    safety.asked,
    booking.sign_in,
    booking.register,
    booking.book,
    booking.residents,
    desks.openings,
    booking.queue,
    desks.ends,
    booking.desk,
    booking.claims,
    desks.sessions,
    desks.studies,
    desks.units,
    accounts.sign_in,
    accounts.factors,
    accounts.passkeys,
    accounts.emergency,
)


def walk(w: World) -> Walk:
    for part in PARTS:
        Allowance.objects.all().delete()  # nobody waits for another try
        yield from part(w)

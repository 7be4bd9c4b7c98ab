"""Rebuild what is derived."""

from django.db import transaction

from balmis.contexts.reporting import services as reporting


@transaction.atomic(durable=True)
def recount(campaign_id: int) -> int:
    """Count all days of the campaign anew; returns how many."""
    return reporting.rebuild(campaign_id)

"""What was looked at and when it crossed a line; what was held for it, by whom, until when."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from balmis.contexts.campaigns.models import Campaign
from balmis.contexts.journal.models import append_only
from balmis.contexts.journal.state_moves import moves
from balmis.contexts.places.models import Site
from balmis.contexts.safety.models.cases import known, words
from balmis.contexts.supply.models import Lot, Product
from balmis.core.states import HOLD, SIGNAL
from balmis.core.vocabulary.safety import HoldKind, HoldScope, HoldStatus, LookMethod, SignalStatus

OPEN = [s.value for s in (HoldStatus.PROPOSED, HoldStatus.ACTIVE, HoldStatus.REVIEWED)]


class Look(models.Model):
    """One look at the counts as they were known then. What it crossed, stays crossed."""

    campaign = models.ForeignKey(Campaign, models.PROTECT)
    method = models.CharField(max_length=20, choices=words(LookMethod))
    event = models.CharField(max_length=40)
    lot = models.ForeignKey(Lot, models.PROTECT, null=True)
    product = models.ForeignKey(Product, models.PROTECT, null=True)
    site = models.ForeignKey(Site, models.PROTECT, null=True)
    at = models.DateTimeField()
    observed = models.PositiveIntegerField()
    expected = models.FloatField()
    statistic = models.FloatField()
    critical = models.FloatField()
    crossed = models.BooleanField()
    facts = models.JSONField(default=dict)  # doses, rates, versions: all that it was made of

    class Meta:
        triggers = append_only()
        constraints = [known("method", LookMethod, "look_method_known")]
        indexes = [
            models.Index(fields=["campaign", "method", "event", "at"], name="looks_in_time"),
        ]


class Signal(models.Model):
    """Something more than chance explains, until people have said what it is."""

    campaign = models.ForeignKey(Campaign, models.PROTECT)
    look = models.OneToOneField(Look, models.PROTECT, related_name="signal")
    status = models.CharField(max_length=10, choices=words(SignalStatus))
    raised_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.TextField(blank=True)
    note = models.TextField(blank=True)

    class Meta:
        constraints = [known("status", SignalStatus, "signal_status_known")]
        triggers = [moves("signal_moves", SIGNAL)]


class HoldOrder(models.Model):
    """Nothing of a scope is given until somebody looks again; every one has its end."""

    request_id = models.UUIDField(unique=True)
    campaign = models.ForeignKey(Campaign, models.PROTECT)
    scope = models.CharField(max_length=14, choices=words(HoldScope))
    kind = models.CharField(max_length=4, choices=words(HoldKind))
    lot = models.ForeignKey(Lot, models.PROTECT, null=True)
    site = models.ForeignKey(Site, models.PROTECT, null=True)
    product = models.ForeignKey(Product, models.PROTECT, null=True)
    group = models.JSONField(null=True)  # from_age, to_age, sex
    status = models.CharField(max_length=10, choices=words(HoldStatus))
    reason = models.TextField()
    rule = models.CharField(max_length=60, blank=True)  # empty: by hand
    signal = models.ForeignKey(Signal, models.PROTECT, null=True, related_name="orders")
    radius = models.JSONField(null=True)  # what was known when it was signed
    proposed_at = models.DateTimeField()
    proposed_by = models.TextField()
    active_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.TextField(blank=True)
    decision = models.TextField(blank=True)

    class Meta:
        constraints = [
            known("scope", HoldScope, "order_scope_known"),
            known("kind", HoldKind, "order_kind_known"),
            known("status", HoldStatus, "order_status_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="order_has_a_reason"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("proposed_at")), name="order_has_its_end"
            ),
            models.CheckConstraint(
                condition=Q(scope=HoldScope.LOT.value, lot__isnull=False, site__isnull=True)
                | Q(scope=HoldScope.LOT_AT_SITE.value, lot__isnull=False, site__isnull=False)
                | Q(scope=HoldScope.SITE.value, lot__isnull=True, site__isnull=False)
                | Q(
                    scope=HoldScope.PRODUCT_GROUP.value,
                    lot__isnull=True,
                    site__isnull=True,
                    product__isnull=False,
                    group__isnull=False,
                ),
                name="order_scope_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(status__in=OPEN, ended_at__isnull=True)
                | (~Q(status__in=OPEN) & Q(ended_at__isnull=False) & ~Q(decision="")),
                name="order_ends_with_a_decision",
            ),
            models.UniqueConstraint(
                fields=["campaign", "scope", "kind", "lot", "site", "product", "group"],
                nulls_distinct=False,
                name="one_order_of_a_scope",
                condition=Q(status__in=OPEN),
            ),
        ]
        indexes = [models.Index(fields=["campaign", "status"], name="orders_by_status")]
        triggers = [
            moves("order_moves", HOLD),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]


class HoldSignature(models.Model):
    """Who stands for a hard hold: two people, or the clinical lead alone in an emergency."""

    order = models.ForeignKey(HoldOrder, models.PROTECT, related_name="signatures")
    actor = models.TextField()
    emergency = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        triggers = append_only()
        constraints = [models.UniqueConstraint(fields=["order", "actor"], name="each_signs_once")]

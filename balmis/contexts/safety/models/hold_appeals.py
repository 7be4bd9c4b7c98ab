"""What a site says against a hold that stops it, and what it was answered."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from balmis.contexts.journal.state_moves import moves
from balmis.contexts.places.models import Site
from balmis.contexts.safety.models.cases import known
from balmis.contexts.safety.models.signals import HoldOrder
from balmis.contexts.supply.models import LotHold
from balmis.core.states import APPEAL
from balmis.core.vocabulary.safety import AppealStatus

OPEN, KEPT = AppealStatus.OPEN.value, AppealStatus.KEPT.value
ASKED = ("request_id", "order_id", "hold_id", "site_id", "words", "at", "by")


class HoldAppeal(models.Model):
    """A site asks that a hold be looked at again. What was asked is never changed, and answered once."""

    request_id = models.UUIDField(unique=True)
    order = models.ForeignKey(HoldOrder, models.PROTECT, null=True, related_name="appeals")
    hold = models.ForeignKey(LotHold, models.PROTECT, null=True, related_name="+")
    site = models.ForeignKey(Site, models.PROTECT)
    words = models.TextField()
    at = models.DateTimeField()
    by = models.TextField()
    status = models.CharField(max_length=8, choices=[(s.value, s.value) for s in AppealStatus])
    answer = models.TextField(blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            known("status", AppealStatus, "appeal_status_known"),
            models.CheckConstraint(condition=~Q(words=""), name="appeal_has_words"),
            models.CheckConstraint(
                condition=Q(order__isnull=True, hold__isnull=False)
                | Q(order__isnull=False, hold__isnull=True),
                name="appeal_against_one_hold",
            ),
            models.UniqueConstraint(
                fields=["order", "hold", "site"],
                nulls_distinct=False,
                name="one_open_appeal",
                condition=Q(status=OPEN),
            ),
            models.CheckConstraint(
                condition=Q(status=OPEN, answered_at__isnull=True, answer="", answered_by="")
                | (
                    ~Q(status=OPEN)
                    & Q(answered_at__isnull=False)
                    & ~Q(answer="")
                    & ~Q(answered_by="")
                ),
                name="appeal_answered_in_words",
            ),
            models.CheckConstraint(
                condition=~Q(status=KEPT) | ~Q(answered_by=F("by")) | Q(by__startswith="system:"),
                name="appeal_answered_by_another",
            ),
        ]
        triggers = [
            moves("appeal_moves", APPEAL),
            pgtrigger.Protect(name="asked_stays", operation=pgtrigger.UpdateOf(*ASKED)),  # type: ignore[no-untyped-call]
            pgtrigger.Protect(
                name="answered_once",
                operation=pgtrigger.Update,
                condition=~pgtrigger.Q(old__status=OPEN),
            ),
            pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
        ]

"""Products, lots and the stock ledger."""

from django.db import models
from django.db.models import F, Q

from balmis.contexts.journal.models import append_only, reference_rows
from balmis.contexts.places.models import Area, Site
from balmis.core.vocabulary.supply import Account, Level, MoveKind, Storage, WastageReason

PLACELESS = [Account.SUPPLIER.value, Account.TRANSIT.value]


def way_sane(name: str) -> models.CheckConstraint:
    """What travelled along said both how cold and how warm it was, or nothing."""
    return models.CheckConstraint(
        condition=Q(coldest__isnull=True, warmest__isnull=True, minutes_outside__isnull=True)
        | Q(coldest__isnull=False, warmest__isnull=False, warmest__gte=F("coldest")),
        name=f"{name}_way_sane",
    )


class Product(models.Model):
    """A vaccine as a campaign uses it: how it is kept, what a vial holds, its shortest interval."""

    code = models.CharField(max_length=40, unique=True)
    name = models.TextField()
    manufacturer = models.TextField()
    platform = models.TextField(blank=True)
    storage = models.CharField(max_length=14, choices=[(s.value, s.value) for s in Storage])
    doses_per_vial = models.PositiveSmallIntegerField()
    open_vial_hours = models.PositiveSmallIntegerField(null=True)
    primary_doses = models.PositiveSmallIntegerField()
    min_interval_days = models.PositiveSmallIntegerField()
    min_age_years = models.PositiveSmallIntegerField()
    codes = models.JSONField(default=dict)  # cvx, mvx, eu_dcc

    class Meta:
        triggers = reference_rows()
        constraints = [
            models.CheckConstraint(
                condition=Q(doses_per_vial__gte=1, primary_doses__gte=1), name="product_doses_sane"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Lot(models.Model):
    """Doses of a product that were made together, with one number and one expiry."""

    product = models.ForeignKey(Product, models.PROTECT)
    number = models.CharField(max_length=40)
    expires_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "number"], name="lot_once"),
        ]

    def __str__(self) -> str:
        return self.number


class Packaging(models.Model):
    """A trade item's number, and what is in it: a vial, a carton of vials, a shipper of cartons."""

    product = models.ForeignKey(Product, models.PROTECT)
    gtin = models.CharField(max_length=14, unique=True)  # 14 digits
    level = models.CharField(max_length=8, choices=[(v.value, v.value) for v in Level])
    vials = models.PositiveIntegerField()
    taught_by = models.TextField(blank=True, default="", db_default="")  # at a store; '': by hand
    taught_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(taught_by="", taught_at__isnull=True)
                | (~Q(taught_by="") & Q(taught_at__isnull=False)),
                name="taught_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(level__in=[v.value for v in Level]), name="packaging_level_known"
            ),
            models.CheckConstraint(
                condition=Q(vials=1) | (Q(vials__gt=1) & ~Q(level=Level.VIAL.value)),
                name="a_vial_is_one",
            ),
        ]


BY_ORDER = "order:"  # begins the cause of a hold that an order placed, before the order's key


class LotHold(models.Model):
    """Nothing of the lot is given, at one site or in an area, until it is released. Elsewhere others
    decide: they answer for what they hold.

    Placed and released by people; the row itself keeps who, when and why. Holds for several causes
    stand side by side: the end of one frees nothing that another holds.
    """

    request_id = models.UUIDField(unique=True)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="holds")
    site = models.ForeignKey(Site, models.PROTECT, null=True)
    area = models.ForeignKey(Area, models.PROTECT, null=True)  # with all sites in it
    cause = models.CharField(max_length=40, blank=True, default="", db_default="")  # '': by hand
    soft = models.BooleanField(default=False, db_default=False)  # a scanner warns, it is not red
    reason = models.TextField()
    placed_at = models.DateTimeField()
    placed_by = models.TextField()
    released_at = models.DateTimeField(null=True)
    released_by = models.TextField(blank=True, default="")
    decision = models.TextField(blank=True, default="")  # what was decided, and on what ground

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "site", "area", "cause"],
                nulls_distinct=False,
                name="hold_once",
                condition=Q(released_at__isnull=True),
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="hold_has_a_reason"),
            models.CheckConstraint(
                condition=Q(site__isnull=True, area__isnull=False)
                | Q(site__isnull=False, area__isnull=True),
                name="hold_is_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | ~Q(decision=""),
                name="release_has_a_decision",
            ),
        ]

    @property
    def where(self) -> Site | Area:
        """The site, or the area with all its sites."""
        place = self.site or self.area
        assert place is not None
        return place

    @property
    def order_key(self) -> int | None:
        """Of the safety order that placed it; None: it stands by itself."""
        return int(self.cause.removeprefix(BY_ORDER)) if self.cause.startswith(BY_ORDER) else None

    @property
    def on_the_way(self) -> bool:
        """Was it too warm or too cold when it came?"""
        return self.cause.startswith(("transfer:", "delivery:"))


class Vial(models.Model):
    """A vial that was opened at a site. Its id was made on the device that opened it."""

    id = models.UUIDField(primary_key=True)
    lot = models.ForeignKey(Lot, models.PROTECT)
    site = models.ForeignKey(Site, models.PROTECT, db_index=False)
    serial = models.CharField(max_length=40, blank=True, default="")
    opened_at = models.DateTimeField()
    opened_by = models.TextField()
    recorded_at = models.DateTimeField()
    use_by = models.DateTimeField(null=True)  # null: no limit is known
    doses = models.PositiveSmallIntegerField()  # on the label
    closed_at = models.DateTimeField(null=True)
    closed_by = models.TextField(blank=True, default="")
    wasted = models.PositiveSmallIntegerField(default=0, db_default=0)  # doses
    why = models.CharField(
        max_length=16, blank=True, default="", choices=[(w.value, w.value) for w in WastageReason]
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "site", "serial"], name="vial_once", condition=~Q(serial="")
            ),
            models.CheckConstraint(
                condition=Q(why__in=["", *(w.value for w in WastageReason)]),
                name="vial_wastage_known",
            ),
            models.CheckConstraint(
                condition=Q(wasted=0) | (Q(closed_at__isnull=False) & ~Q(why="")),
                name="wasted_doses_are_explained",
            ),
        ]
        indexes = [models.Index(fields=["site", "opened_at"])]


class StockMove(models.Model):
    """Doses of a lot that went from one account to another at a site: both entries in one row.

    What one account loses the other gains, so the sum over all accounts of a lot is
    zero whatever is written. Supplier and transit have no place; the others are the site's.
    """

    request_id = models.UUIDField()
    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in MoveKind])
    lot = models.ForeignKey(Lot, models.PROTECT)
    site = models.ForeignKey(Site, models.PROTECT, db_index=False)
    source = models.CharField(max_length=10, choices=[(a.value, a.value) for a in Account])
    target = models.CharField(max_length=10, choices=[(a.value, a.value) for a in Account])
    doses = models.DecimalField(max_digits=12, decimal_places=2)
    reason = models.TextField(blank=True, default="", db_default="")
    occurred_on = models.DateField()
    recorded_at = models.DateTimeField()
    actor = models.TextField()
    reverses = models.OneToOneField("self", models.PROTECT, null=True)

    class Meta:
        triggers = append_only()
        constraints = [
            models.UniqueConstraint(fields=["request_id", "kind"], name="move_request_once"),
            models.CheckConstraint(condition=Q(doses__gt=0), name="move_doses_positive"),
            models.CheckConstraint(
                condition=Q(kind__in=[k.value for k in MoveKind])
                & Q(source__in=[a.value for a in Account])
                & Q(target__in=[a.value for a in Account]),
                name="move_words_known",
            ),
            models.CheckConstraint(condition=~Q(source=F("target")), name="move_goes_somewhere"),
        ]
        indexes = [
            models.Index(
                fields=["occurred_on"],
                condition=~Q(kind=MoveKind.DOSE.value),
                name="move_other_than_dose",
            ),
        ]


class Balance(models.Model):
    """What an account holds of a lot now: the sum of its moves.

    A site's balance may be below zero only with `overdrawn_at`: a vial in hand outranked
    the book, and the book asks for a recount. Nothing but a dose sets that mark.
    """

    lot = models.ForeignKey(Lot, models.PROTECT)
    account = models.CharField(max_length=10, choices=[(a.value, a.value) for a in Account])
    site = models.ForeignKey(Site, models.PROTECT, null=True)
    doses = models.DecimalField(max_digits=12, decimal_places=2)
    overdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "account", "site"], nulls_distinct=False, name="balance_once"
            ),
            models.CheckConstraint(
                condition=Q(doses__gte=0)
                | Q(account__in=["supplier", "overfill", "adjusted"])
                | Q(account="site", overdrawn_at__isnull=False),
                name="balance_below_zero_only_at_the_point_of_use",
            ),
            models.CheckConstraint(
                condition=(Q(account__in=PLACELESS) & Q(site__isnull=True))
                | (~Q(account__in=PLACELESS) & Q(site__isnull=False)),
                name="balance_site",
            ),
        ]


class DayClose(models.Model):
    """The goods of a site on a day, every difference explained: what was opened, used, wasted, left.

    Later facts of the day change the book, never this row.
    """

    site = models.ForeignKey(Site, models.PROTECT, db_index=False)
    on = models.DateField()
    figures = models.JSONField()  # by lot and by vial, in doses
    closed_at = models.DateTimeField()
    closed_by = models.TextField()

    class Meta:
        triggers = append_only()
        constraints = [models.UniqueConstraint(fields=["site", "on"], name="site_day_closed_once")]


class Transfer(models.Model):
    """Doses of a lot from one site to another: promised, sent, received. Each side says its own.

    While promised they are on the giver's shelf and cannot be promised again; once sent they are in
    transit; what arrives is counted by the receiver, who explains a difference.
    """

    request_id = models.UUIDField(unique=True)
    lot = models.ForeignKey(Lot, models.PROTECT)
    source = models.ForeignKey(Site, models.PROTECT, related_name="transfers_out")
    target = models.ForeignKey(Site, models.PROTECT, related_name="transfers_in")
    doses = models.DecimalField(max_digits=12, decimal_places=2)
    promised_at = models.DateTimeField()
    promised_by = models.TextField()
    sent_at = models.DateTimeField(null=True)
    sent_by = models.TextField(blank=True, default="")
    received_at = models.DateTimeField(null=True)
    received_by = models.TextField(blank=True, default="")
    received = models.DecimalField(max_digits=12, decimal_places=2, null=True)  # doses counted
    coldest = models.DecimalField(max_digits=5, decimal_places=2, null=True)  # °C, on the way
    warmest = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    minutes_outside = models.PositiveIntegerField(null=True)  # of its range; null: nobody knows
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.TextField(blank=True, default="")
    reason = models.TextField(blank=True, default="")  # of a difference, or why it was cancelled

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(doses__gt=0) & ~Q(source=F("target")), name="transfer_sane"
            ),
            models.CheckConstraint(
                condition=Q(received_at__isnull=True, received__isnull=True)
                | Q(received_at__isnull=False, sent_at__isnull=False, received__gte=0),
                name="transfer_received_after_sent",
            ),
            models.CheckConstraint(
                condition=Q(received__isnull=True) | Q(received=F("doses")) | ~Q(reason=""),
                name="transfer_difference_explained",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True) | (Q(sent_at__isnull=True) & ~Q(reason="")),
                name="transfer_cancelled_before_sent",
            ),
            way_sane("transfer"),
        ]
        indexes = [
            models.Index(
                fields=["source", "lot"],
                name="transfer_promised",
                condition=Q(sent_at__isnull=True, cancelled_at__isnull=True),
            )
        ]


class Discard(models.Model):
    """Doses that somebody wants to throw away, and the second person who agrees."""

    request_id = models.UUIDField(unique=True)
    lot = models.ForeignKey(Lot, models.PROTECT)
    site = models.ForeignKey(Site, models.PROTECT)
    doses = models.DecimalField(max_digits=12, decimal_places=2)
    why = models.CharField(max_length=16, choices=[(w.value, w.value) for w in WastageReason])
    note = models.TextField()
    asked_at = models.DateTimeField()
    asked_by = models.TextField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.TextField(blank=True, default="")
    agreed = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(doses__gt=0)
                & Q(why__in=[w.value for w in WastageReason])
                & ~Q(note=""),
                name="discard_sane",
            ),
            models.CheckConstraint(
                condition=~Q(agreed=True) | ~Q(ended_by=F("asked_by")),
                name="discard_has_a_second_signature",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, agreed__isnull=True)
                | Q(ended_at__isnull=False, agreed__isnull=False),
                name="discard_end",
            ),
        ]


class PurchaseOrder(models.Model):
    """Doses that a site waits for from outside: when, and how many. What came is in its deliveries."""

    request_id = models.UUIDField(unique=True)
    site = models.ForeignKey(Site, models.PROTECT)
    product = models.ForeignKey(Product, models.PROTECT)
    doses = models.DecimalField(max_digits=12, decimal_places=2)
    expected_on = models.DateField()
    supplier = models.TextField(blank=True, default="")
    ordered_at = models.DateTimeField()
    ordered_by = models.TextField()
    ended_at = models.DateTimeField(null=True)  # nothing more is expected
    ended_by = models.TextField(blank=True, default="")
    why = models.TextField(blank=True, default="")

    class Meta:
        db_table = "supply_order"  # its name before this one; so no table changes
        constraints = [
            models.CheckConstraint(condition=Q(doses__gt=0), name="order_sane"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | ~Q(why=""), name="order_end_has_a_reason"
            ),
        ]


class Delivery(models.Model):
    """Goods of one lot as they were counted in: a fact. The ledger holds what was counted."""

    request_id = models.UUIDField(unique=True)
    order = models.ForeignKey(PurchaseOrder, models.PROTECT, null=True, related_name="deliveries")
    lot = models.ForeignKey(Lot, models.PROTECT)
    site = models.ForeignKey(Site, models.PROTECT)
    noted = models.DecimalField(max_digits=12, decimal_places=2, null=True)  # on the paper with it
    counted = models.DecimalField(max_digits=12, decimal_places=2)
    reason = models.TextField(blank=True, default="")  # of a difference
    coldest = models.DecimalField(max_digits=5, decimal_places=2, null=True)  # °C, on the way
    warmest = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    minutes_outside = models.PositiveIntegerField(null=True)  # of its range; null: nobody knows
    received_at = models.DateTimeField()
    received_by = models.TextField()

    class Meta:
        triggers = append_only()
        constraints = [
            models.CheckConstraint(condition=Q(counted__gt=0), name="delivery_counted"),
            models.CheckConstraint(
                condition=Q(noted__isnull=True) | Q(noted=F("counted")) | ~Q(reason=""),
                name="delivery_difference_explained",
            ),
            way_sane("delivery"),
        ]

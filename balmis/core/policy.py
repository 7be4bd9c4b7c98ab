"""Programme policy: what a health authority decides, not what the program computes.

A campaign file states under `policy` what differs; the rest is as here. Each number says its unit in
its name. What is technical (sizes of a batch, patience with a gateway) is not policy and stands where
it is used; which event has which deadline by which law is data of `presets/safety`.
"""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta, field

from balmis.core.files.strict import Strict


def _limits(low: int, high: int, text: str) -> Meta:
    return Meta(ge=low, le=high, description=text)


class BookingPolicy(Strict, frozen=True, kw_only=True):
    """Places, reminders, the standby list, invitations."""

    hold_minutes: Annotated[
        int, _limits(2, 60, "How long a chosen time is held until it is confirmed.")
    ] = 10
    reminder_hours: Annotated[
        int, _limits(2, 240, "How long before an appointment its reminder is sent.")
    ] = 30
    reminder_too_late_hours: Annotated[
        int, _limits(0, 48, "Nobody is reminded of what begins sooner.")
    ] = 3
    standby_answer_minutes: Annotated[
        int, _limits(5, 240, "How long an offer of the standby list waits for its answer.")
    ] = 15
    standby_arrive_minutes: Annotated[
        int, _limits(0, 240, "Nobody is offered a place that begins sooner.")
    ] = 30
    standby_days: Annotated[int, _limits(1, 14, "For how many days one may wait.")] = 3
    invitations_a_place: Annotated[
        int, _limits(1, 10, "Invitations for each free place: not everyone comes.")
    ] = 2
    invitation_days: Annotated[
        int, _limits(1, 30, "How long an invitation counts as outstanding.")
    ] = 2
    pass_hours: Annotated[int, _limits(1, 168, "How long a person's pass for booking is good.")] = (
        24
    )
    second_dose_days: Annotated[
        int,
        _limits(
            1,
            180,
            "How long after its first day a second dose may be booked, unless the schedule says.",
        ),
    ] = 28
    rebook_days: Annotated[
        int, _limits(1, 60, "Farther away nobody is moved unasked when a session changes.")
    ] = 7

    @property
    def hold(self) -> timedelta:
        return timedelta(minutes=self.hold_minutes)

    @property
    def reminder(self) -> timedelta:
        return timedelta(hours=self.reminder_hours)

    @property
    def reminder_too_late(self) -> timedelta:
        return timedelta(hours=self.reminder_too_late_hours)

    @property
    def standby_answer(self) -> timedelta:
        return timedelta(minutes=self.standby_answer_minutes)

    @property
    def standby_arrive(self) -> timedelta:
        return timedelta(minutes=self.standby_arrive_minutes)


class IdentityPolicy(Strict, frozen=True, kw_only=True):
    """Codes and registrations."""

    code_minutes: Annotated[int, _limits(2, 60, "How long a code is good.")] = 10
    codes_an_hour: Annotated[int, _limits(1, 20, "Codes that one person is sent in an hour.")] = 5
    code_tries: Annotated[int, _limits(1, 5, "Wrong tries after which a code is void.")] = 5
    people_an_address: Annotated[
        int,
        _limits(
            1, 50, "People registered with one phone or mail, a family; beyond, the desk looks."
        ),
    ] = 6
    messages_a_day: Annotated[
        int,
        _limits(10, 5_000_000, "Codes by text message in a day at most: what an attack may cost."),
    ] = 50_000
    abroad: Annotated[
        bool, Meta(description="Are codes sent to phones of other countries, too?")
    ] = False


class ClinicPolicy(Strict, frozen=True, kw_only=True):
    """The day at a site."""

    call_minutes: Annotated[
        int, _limits(1, 120, "How long a call stays on the screen of the waiting room.")
    ] = 15
    reaction_minutes: Annotated[
        int, _limits(0, 240, "Observation of those who reacted to this dose or an earlier one.")
    ] = 30
    review_days: Annotated[
        int, _limits(1, 365, "Doses of so many days are shown to be looked at.")
    ] = 30
    age_of_consent: Annotated[
        int, _limits(12, 21, "From this age a person consents; before it a guardian does, by name.")
    ] = 18
    maturity_age: Annotated[
        int,
        _limits(
            0,
            21,
            "From this age a minor may consent alone whom a professional, by name, found mature "
            "enough; 0: never.",
        ),
    ] = 0


class SupplyPolicy(Strict, frozen=True, kw_only=True):
    """Shelves, orders, the cold chain."""

    least_days: Annotated[
        int, _limits(1, 60, "A shelf that lasts shorter is said to be short.")
    ] = 7
    wanted_days: Annotated[int, _limits(1, 120, "Up to how many days a shelf is filled.")] = 14
    reserve_days: Annotated[
        int, _limits(0, 180, "Second doses booked within so many days are kept back.")
    ] = 42
    used_days: Annotated[
        int, _limits(1, 60, "Where nothing is booked yet, what was used in so many days counts.")
    ] = 7
    expiring_days: Annotated[
        int, _limits(1, 180, "What expires within so many days is said to expire soon.")
    ] = 30
    silent_hours: Annotated[
        int, _limits(1, 72, "A fridge without a reading for longer is silent.")
    ] = 14


class HoldPolicy(Strict, frozen=True, kw_only=True):
    """Hold orders on lots."""

    soft_hours: Annotated[int, _limits(1, 672, "How long a soft hold lasts.")] = 24
    hard_hours: Annotated[int, _limits(1, 672, "How long a hard hold lasts.")] = 72
    most_hours: Annotated[int, _limits(1, 8760, "The longest that a hold may be prolonged.")] = 672
    signatures: Annotated[int, _limits(2, 5, "People who must sign a hard hold.")] = 2

    def lasts(self, *, soft: bool) -> timedelta:
        return timedelta(hours=self.soft_hours if soft else self.hard_hours)


class SafetyPolicy(Strict, frozen=True, kw_only=True):
    """Adverse reactions, the diary, the teams."""

    diary_days: Annotated[
        list[Annotated[int, Meta(ge=0, le=365)]],
        Meta(min_length=1, max_length=10, description="Days after a dose of the diary."),
    ] = field(default_factory=lambda: [1, 3, 7])
    diary_open_days: Annotated[
        int, _limits(1, 60, "How long an answer to the diary still counts.")
    ] = 7
    diary_silent_days: Annotated[
        int, _limits(1, 30, "One who was written to and is silent for longer is called.")
    ] = 2
    unheard_minutes: Annotated[
        int, _limits(1, 60, "After which a dispatch that nobody acknowledged is loud.")
    ] = 2
    near_days: Annotated[
        int, _limits(1, 90, "Cases of one person so near to each other are perhaps one event.")
    ] = 14
    self_reports_a_day: Annotated[
        int, _limits(1, 50, "Reports of one person; more are not taken over the page.")
    ] = 10


class Policy(Strict, frozen=True, kw_only=True):
    """What this campaign's authority decided where it differs from the defaults."""

    booking: BookingPolicy = BookingPolicy()
    identity: IdentityPolicy = IdentityPolicy()
    clinic: ClinicPolicy = ClinicPolicy()
    supply: SupplyPolicy = SupplyPolicy()
    holds: HoldPolicy = HoldPolicy()
    safety: SafetyPolicy = SafetyPolicy()


DEFAULT = Policy()

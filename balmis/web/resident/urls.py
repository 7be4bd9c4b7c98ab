"""Addresses: Booking, appointments and what a person tells."""

from django.urls import path

from balmis.web.resident import (
    appointments,
    by_provider,
    diary,
    family,
    message_preferences,
    registration,
    reservation,
    self_report,
    short_links,
    unit_link,
    waiting_room,
)

urlpatterns = [
    path("c/<slug:slug>/book/", reservation.start, name="book"),
    path("c/<slug:slug>/book/provider/", by_provider.go, name="book-provider"),
    path("c/<slug:slug>/book/provider/done/", by_provider.done, name="book-provider-done"),
    path("c/<slug:slug>/book/register/", registration.register, name="book-register"),
    path("c/<slug:slug>/book/code/", reservation.code, name="book-code"),
    path("c/<slug:slug>/book/times/", reservation.times, name="book-times"),
    path("c/<slug:slug>/book/queue/", waiting_room.queue, name="book-queue"),
    path("c/<slug:slug>/book/family/", family.show, name="book-family"),
    path("c/<slug:slug>/book/hold/", reservation.hold, name="book-hold"),
    path("c/<slug:slug>/book/confirm/", reservation.confirm, name="book-confirm"),
    path("c/<slug:slug>/book/leave/", appointments.leave, name="book-leave"),
    path("c/<slug:slug>/book/standby/", waiting_room.waiting, name="standby"),
    path("c/<slug:slug>/my/", appointments.mine, name="my-bookings"),
    path("c/<slug:slug>/my/claims/<int:key>/", appointments.claim, name="my-claim"),
    path("c/<slug:slug>/my/units/<int:key>/", appointments.let_see, name="my-unit"),
    path("c/<slug:slug>/my/units/<int:key>/leave/", appointments.leave_unit, name="my-unit-leave"),
    path("c/<slug:slug>/join/<slug:token>/", unit_link.join, name="unit-join"),
    path("c/<slug:slug>/my/event/", self_report.tell, name="my-event"),
    path("c/<slug:slug>/my/messages/", message_preferences.mine, name="my-messages"),
    path("c/<slug:slug>/stop/<str:token>/", message_preferences.stop, name="stop-messages"),
    path("c/<slug:slug>/my/<int:key>/cancel/", appointments.cancel, name="cancel-booking"),
    path("c/<slug:slug>/my/<int:key>.ics", appointments.calendar, name="booking-calendar"),
    path("c/<slug:slug>/how/<str:token>/", diary.mine, name="diary"),
    path("s/<str:word>", short_links.follow, name="short-link"),
]

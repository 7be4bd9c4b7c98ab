"""Addresses: The registration desk."""

from django.urls import path

from balmis.web.registrar import (
    birth_dates,
    desk,
    facts,
    held_doses,
    letter,
    list_template,
    lists,
    registrations,
    taken_lists,
)

urlpatterns = [
    path("registrar/<slug:slug>/", desk.desk, name="registrar"),
    path("registrar/<slug:slug>/register/", registrations.at_desk, name="registrar-register"),
    path("registrar/<slug:slug>/reviews/", registrations.reviews, name="registrar-reviews"),
    path("registrar/<slug:slug>/reviews/<int:key>/", registrations.review, name="registrar-review"),
    path("registrar/<slug:slug>/held-doses/", held_doses.held_doses, name="registrar-held"),
    path("registrar/<slug:slug>/lists/", lists.lists, name="registrar-lists"),
    path(
        "registrar/<slug:slug>/lists/template.xlsx",
        list_template.template,
        name="registrar-template",
    ),
    path("registrar/<slug:slug>/lists/<uuid:key>/", lists.one_list, name="registrar-list"),
    path(
        "registrar/<slug:slug>/lists/<uuid:key>/to-mend.xlsx", lists.marked, name="registrar-marked"
    ),
    path("registrar/<slug:slug>/lists/<uuid:key>/drop/", lists.drop, name="registrar-list-drop"),
    path(
        "registrar/<slug:slug>/lists/<int:list_id>/", taken_lists.done, name="registrar-list-done"
    ),
    path(
        "registrar/<slug:slug>/unknown-days/",
        birth_dates.unknown_days,
        name="registrar-unknown-days",
    ),
    path("registrar/<slug:slug>/changes/", taken_lists.changes, name="registrar-changes"),
    path("registrar/<slug:slug>/<int:key>/group/", facts.group, name="registrar-group"),
    path("registrar/<slug:slug>/<int:key>/details/", facts.details, name="registrar-details"),
    path("registrar/<slug:slug>/<int:key>/trait/", facts.end_trait, name="registrar-trait"),
    path("registrar/<slug:slug>/<int:key>/correct/", facts.correct, name="registrar-correct"),
    path("registrar/<slug:slug>/<int:key>/serve/", desk.serve, name="registrar-serve"),
    path("registrar/<slug:slug>/<int:key>/merge/", registrations.merge, name="registrar-merge"),
    path("registrar/<slug:slug>/<int:key>/undo/", registrations.undo, name="registrar-undo"),
    path("registrar/<slug:slug>/<int:key>/", desk.person, name="registrar-person"),
    path("registrar/<slug:slug>/<int:key>/book/", desk.book, name="registrar-book"),
    path("registrar/<slug:slug>/<int:key>/cancel/", desk.cancel, name="registrar-cancel"),
    path("registrar/<slug:slug>/<int:key>/address/", desk.address, name="registrar-address"),
    path("registrar/<slug:slug>/<int:key>/card/", desk.card, name="registrar-card"),
    path("registrar/<slug:slug>/<int:key>/letter/", letter.letter, name="registrar-letter"),
    path("registrar/<slug:slug>/code/<int:booking_id>.svg", desk.code, name="registrar-code"),
]

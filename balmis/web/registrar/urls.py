"""Addresses: The registration desk."""

from django.urls import path

from balmis.web.registrar import desk, letter, registrations

urlpatterns = [
    path("registrar/<slug:slug>/", desk.desk, name="registrar"),
    path("registrar/<slug:slug>/register/", registrations.at_desk, name="registrar-register"),
    path("registrar/<slug:slug>/reviews/", registrations.reviews, name="registrar-reviews"),
    path("registrar/<slug:slug>/reviews/<int:key>/", registrations.review, name="registrar-review"),
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

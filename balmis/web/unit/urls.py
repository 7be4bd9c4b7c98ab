"""Addresses: Units and their rosters."""

from django.urls import path

from balmis.web.unit import views

urlpatterns = [
    path("unit/<slug:slug>/", views.choose, name="units"),
    path("unit/<slug:slug>/<str:code>/", views.show, name="unit"),
    path("unit/<slug:slug>/<str:code>/roster/", views.roster, name="unit-roster"),
    path("unit/<slug:slug>/<str:code>/book/", views.book, name="unit-book"),
    path("unit/<slug:slug>/<str:code>/link/", views.link, name="unit-link"),
    path("unit/<slug:slug>/<str:code>/answers/", views.answers, name="unit-answers"),
]

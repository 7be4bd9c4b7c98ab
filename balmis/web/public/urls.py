"""Addresses: Pages that anyone may read."""

from django.urls import path

from balmis.web.public import elements, views

urlpatterns = [
    path("", views.home, name="home"),
    path("c/<slug:slug>/", views.show, name="public"),
    path("c/<slug:slug>/figures.json", views.figures_json, name="figures-json"),
    path("c/<slug:slug>/figures.csv", views.figures_csv, name="figures-csv"),
    path("c/<slug:slug>/safety/", views.safety, name="public-safety"),
    path("c/<slug:slug>/privacy/", views.privacy, name="privacy"),
    path("components/", elements.components, name="components"),
    path("components/<slug:name>/<str:form>", elements.drawing, name="element-picture"),
]

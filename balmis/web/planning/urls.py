"""Addresses: The planning studio, centres, choice of sites."""

from django.urls import path

from balmis.web.planning import centres, studio

urlpatterns = [
    path("coordination/<slug:slug>/studio/", studio.show, name="studio"),
    path(
        "coordination/<slug:slug>/studio/assumptions.yaml",
        studio.assumptions,
        name="study-assumptions",
    ),
    path("coordination/<slug:slug>/studio/ask/", studio.ask, name="ask-study"),
    path("coordination/<slug:slug>/studio/<int:key>/", studio.study, name="study"),
    path("coordination/<slug:slug>/studio/<int:key>/stop/", studio.stop, name="stop-study"),
    path(
        "coordination/<slug:slug>/studio/<int:key>/compare/", studio.compare, name="compare-studies"
    ),
    path("coordination/<slug:slug>/studio/<int:key>/report/", studio.report, name="study-report"),
    path("coordination/<slug:slug>/studio/<int:key>/sites/", studio.proposals, name="study-sites"),
    path(
        "coordination/<slug:slug>/studio/<int:key>/<slug:name>.<str:form>",
        studio.picture,
        name="study-picture",
    ),
    path("coordination/<slug:slug>/sites/choice/", centres.choice, name="choice"),
    path("coordination/<slug:slug>/centre/", centres.centres, name="centres"),
    path("coordination/<slug:slug>/centre/<slug:name>/", centres.show, name="centre"),
    path(
        "coordination/<slug:slug>/centre/<slug:name>/replay.json",
        centres.replay,
        name="centre-replay",
    ),
    path(
        "coordination/<slug:slug>/centre/<slug:name>/<slug:picture>.<str:form>",
        centres.picture,
        name="centre-picture",
    ),
]

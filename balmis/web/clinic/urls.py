"""Addresses: The clinic desk."""

from django.urls import path

from balmis.web.clinic import desk, paper, review

urlpatterns = [
    path("clinic/worker.js", desk.worker, name="clinic-worker"),
    path("clinic/<slug:slug>/", desk.choose, name="clinic-choose"),
    path("clinic/<slug:slug>/<slug:site>/", desk.desk, name="clinic"),
    path("clinic/screens/<str:key>/calls.json", desk.screen_calls, name="screen-calls"),
    path("clinic/<slug:slug>/<slug:site>/display/", desk.display, name="clinic-display"),
    path(
        "clinic/<slug:slug>/<slug:site>/paper/questions/", paper.questions, name="paper-questions"
    ),
    path("clinic/<slug:slug>/<slug:site>/paper/", paper.show, name="paper"),
    path("clinic/<slug:slug>/<slug:site>/paper/day.xlsx", paper.sheet, name="paper-sheet"),
    path("clinic/<slug:slug>/<slug:site>/paper/list/", paper.printed, name="paper-printed"),
    path("clinic/<slug:slug>/<slug:site>/paper/read/", paper.read, name="paper-read"),
    path("clinic/<slug:slug>/<slug:site>/review/", review.show, name="clinic-review"),
    path("clinic/<slug:slug>/<slug:site>/review/settle/", review.settle_one, name="clinic-settle"),
    path("clinic/<slug:slug>/<slug:site>/review/dose/", review.review_one, name="clinic-dose"),
    path(
        "clinic/<slug:slug>/<slug:site>/review/resolve/", review.resolve_one, name="clinic-resolve"
    ),
    path("clinic/<slug:slug>/<slug:site>/app.webmanifest", desk.manifest, name="clinic-manifest"),
]

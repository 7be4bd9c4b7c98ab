"""Addresses: The auditor's desk."""

from django.urls import path

from balmis.web.audit import alarms, trail

urlpatterns = [
    path("audit/", alarms.show, name="audit"),
    path("audit/alarms/<int:key>/", alarms.settle, name="settle-alarm"),
    path("audit/trail/", trail.show, name="trail"),
    path("audit/trail.csv", trail.export, name="trail-csv"),
]

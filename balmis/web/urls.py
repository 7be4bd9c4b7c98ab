"""Every desk brings its own addresses."""

from django.urls import include, path

DESKS = (
    "public",
    "resident",
    "registrar",
    "unit",
    "clinic",
    "store",
    "coordination",
    "planning",
    "safety",
    "audit",
    "access",
    "shared",
)

urlpatterns = [path("", include(f"balmis.web.{desk}.urls")) for desk in DESKS]

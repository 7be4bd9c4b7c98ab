"""Addresses: Is the program well?"""

from django.urls import path

from balmis.web.shared import health

urlpatterns = [
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
    path("metrics", health.metrics, name="metrics"),
]

"""Addresses: Is the program well? Where the identity provider answers."""

from django.urls import path

from balmis.web.shared import health, identity_provider

urlpatterns = [
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
    path("sign-in/provider/back/", identity_provider.back, name="provider-back"),
    path("metrics", health.metrics, name="metrics"),
]

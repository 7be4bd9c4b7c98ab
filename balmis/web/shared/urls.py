"""Addresses: Signing in; is the program well?"""

from django.urls import path

from balmis.web.shared import account, health, sign_in

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("password/", account.password, name="password"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
    path("metrics", health.metrics, name="metrics"),
]

from django.urls import URLPattern, URLResolver, include, path
from django.views.i18n import set_language

from balmis.api.v1 import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("language/", set_language, name="set-language"),
    path("", include("balmis.web.urls")),
]

handler500 = "balmis.web.shared.faults.fault"

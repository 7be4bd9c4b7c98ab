"""What every page's frame needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from balmis import __version__


def shell(request: HttpRequest) -> dict[str, Any]:
    return {
        "languages": settings.LANGUAGES,
        "version": __version__,
        "here": request.get_full_path(),
    }

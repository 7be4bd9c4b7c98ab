"""What is shown when the program cannot answer: a fault of ours, or a database that is away."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from psycopg_pool import PoolTimeout

AGAIN = 10  # seconds until it is worth another try


def is_away(error: BaseException | None) -> bool:
    """Could the database not be asked, or had it no room?"""
    return isinstance(error, OperationalError | InterfaceError | PoolTimeout)


def fault(request: HttpRequest) -> HttpResponse:
    """503 while the database is away, which passes; else 500, which is ours. Without the database."""
    away = is_away(sys.exc_info()[1])
    status, name = (503, "503.html") if away else (500, "500.html")
    if request.path.startswith("/api/"):
        title = "unavailable" if away else "fault"
        body = {"type": "about:blank", "title": title, "status": status, "reason": title}
        answer: HttpResponse = JsonResponse(
            body, status=status, content_type="application/problem+json"
        )
    else:
        answer = HttpResponse(render_to_string(name), status=status)
    if away:
        answer["Retry-After"] = str(AGAIN)
    return answer

"""For machines that watch the program."""

import os
import shutil
from hmac import compare_digest

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from psycopg_pool import PoolTimeout


def live(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


ROOM = 256 * 1024 * 1024  # bytes that have to be free where the database of this machine lies


def ready(request: HttpRequest) -> JsonResponse:
    """The database answers too, and has room to write."""
    if (folder := os.environ.get("BALMIS_DATABASE_FOLDER")) and _free(folder) < ROOM:
        return JsonResponse({"status": "the disk is full"}, status=503)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM campaigns_campaign LIMIT 1")
    except (DatabaseError, PoolTimeout):
        return JsonResponse({"status": "the database does not answer"}, status=503)
    return JsonResponse({"status": "ok"})


def _free(folder: str) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics, for those who have the token of BALMIS_METRICS_TOKEN."""
    token = os.environ.get("BALMIS_METRICS_TOKEN")
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not compare_digest(given.encode(), token.encode()):
        why = "Send the token of BALMIS_METRICS_TOKEN" if token else "Set BALMIS_METRICS_TOKEN"
        return HttpResponse(f"{why} to read the metrics.\n", status=403, content_type="text/plain")
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)

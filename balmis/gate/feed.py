"""Free slots for everyone's programs, so that nobody need scrape pages.

The shape of SMART Scheduling Links: a manifest names newline-delimited files of FHIR Location,
Schedule and Slot; from the same snapshot as everything else, with no person in it.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from balmis.core.vocabulary.booking import PoolKind
from balmis.gate.answers import encode
from balmis.gate.snapshot import Place, Reader, Snapshot

SMART = "http://fhir-registry.smarthealthit.org/StructureDefinition"
SERVICE = [
    {
        "system": "http://terminology.hl7.org/CodeSystem/service-type",
        "code": "57",
        "display": "Immunization",
    },
]
NDJSON = "application/fhir+ndjson"
FILES = {"Location": "locations", "Schedule": "schedules", "Slot": "slots"}


class Feed:
    def __init__(self, reader: Reader, prefix: str) -> None:
        self.reader, self.prefix = reader, prefix

    def routes(self) -> list[Route]:
        return [
            Route(f"{self.prefix}/slots/$bulk-publish", self.manifest),
            Route(f"{self.prefix}/slots/{{name}}.ndjson", self.file),
        ]

    async def manifest(self, request: Request) -> Response:
        """Where the files are; they change with every reading."""
        base = str(request.base_url).rstrip("/") + self.prefix
        body = {
            "transactionTime": self.reader.now.as_of.isoformat(timespec="seconds"),
            "request": f"{base}/slots/$bulk-publish",
            "output": [
                {"type": kind, "url": f"{base}/slots/{name}.ndjson"} for kind, name in FILES.items()
            ],
            "error": [],
        }
        return Response(encode(body), media_type="application/json", headers=_HEADERS)

    async def file(self, request: Request) -> Response:
        now, name = self.reader.now, request.path_params["name"]
        base = str(request.base_url).rstrip("/")
        made = {"locations": _locations, "schedules": _schedules, "slots": _slots}.get(name)
        if made is None:
            return Response(status_code=404)
        lines = (encode(row) + b"\n" for row in made(now, base))
        return StreamingResponse(lines, media_type=NDJSON, headers=_HEADERS)


_HEADERS = {"cache-control": "public, max-age=1", "access-control-allow-origin": "*"}


def _open(now: Snapshot) -> Iterator[Place]:
    for places in now.days.values():
        yield from (p for p in places if p.kind == PoolKind.OPEN)


def _locations(now: Snapshot, _base: str) -> Iterator[dict[str, Any]]:
    used = {p.site for p in _open(now)}
    for site in now.sites.values():
        if site.code in used:
            names = site.names
            yield {
                "resourceType": "Location",
                "id": site.code,
                "name": names.get("en") or next(iter(names.values()), site.code),
                "alias": sorted(set(names.values())),
                "address": {"text": site.address},
            }


def _schedules(now: Snapshot, _base: str) -> Iterator[dict[str, Any]]:
    sessions: dict[int, Place] = {}
    for place in _open(now):
        sessions.setdefault(place.session, place)
    for session, place in sessions.items():
        yield {
            "resourceType": "Schedule",
            "id": str(session),
            "serviceType": [{"coding": SERVICE}],
            "actor": [{"reference": f"Location/{place.site}"}],
            "extension": [
                {"url": f"{SMART}/vaccine-product", "valueCoding": {"code": p}}
                for p in place.products
            ],
        }


def _slots(now: Snapshot, base: str) -> Iterator[dict[str, Any]]:
    slugs = defaultdict(str, {pk: slug for slug, pk in now.campaigns.items()})
    for place in _open(now):
        zone = ZoneInfo(now.sites[place.site].time_zone)
        end = place.starts_at + timedelta(minutes=place.minutes)
        free = max(now.free.get(place.pool, 0), 0)
        yield {
            "resourceType": "Slot",
            "id": str(place.pool),
            "schedule": {"reference": f"Schedule/{place.session}"},
            "status": "free" if free else "busy",
            "start": place.starts_at.astimezone(zone).isoformat(),
            "end": end.astimezone(zone).isoformat(),
            "extension": [
                {"url": f"{SMART}/slot-capacity", "valueInteger": free},
                {
                    "url": f"{SMART}/booking-deep-link",
                    "valueUrl": f"{base}/c/{slugs[place.campaign]}/book/",
                },
            ],
        }

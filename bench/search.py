"""Search at a registration desk: eight ways to say whom one looks for, at the whole of Jeju."""

import random
import statistics
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from django.db import connection

from bench.databases import database
from bench.measuring import seconds
from bench.people import NOW, SLUG, load_jeju, people, register_people

ASKED = 60  # of each kind
PEER = """
SELECT p.id FROM people_person p JOIN places_area a ON a.id = p.area_id
WHERE p.merged_into_id IS NULL AND p.name LIKE %s AND starts_with(a.path, %s)
ORDER BY p.name, p.born LIMIT 21
"""


def search() -> Iterator[dict[str, Any]]:
    """p95 in ms of each kind; `against` is a part of the name looked for in every row."""
    from balmis.contexts.campaigns import queries as campaigns
    from balmis.contexts.people.models import Person
    from balmis.contexts.people.search import search as find
    from balmis.core.people.search_text import read_search

    with database():
        load_jeju()
        register_people(1.0)
        root = campaigns.campaign(SLUG).area.path
        chance = random.Random(1)
        ids = chance.sample(range(1, people()), 4 * ASKED)
        rows = list(Person.objects.filter(pk__in=ids)[: 3 * ASKED])
        chance.shuffle(rows)
        kinds = _kinds(chance)
        for kind, of in kinds.items():
            texts = [of(row) for row in rows[:ASKED]]
            times, found = [], 0
            for text in texts:
                asked = read_search(text, NOW.date())
                hits: list[Any] = []
                times.append(
                    seconds(lambda: hits.extend(find(asked, [root])))  # noqa: B023
                )
                found += bool(hits)
            slow = [seconds(lambda: _scan(row.name, root)) for row in rows[:9]]  # noqa: B023
            ours, peer = _p95(times), _p95(slow)
            yield {
                "kind": kind,
                "value": round(ours * 1000, 1),
                "unit": "ms, p95",
                "median": round(statistics.median(times) * 1000, 1),
                "worst": round(max(times) * 1000, 1),
                "found": f"{found} of {ASKED}",
                "against": "the name looked for in every row",
                "against_value": round(peer * 1000, 1),
                "ratio": round(peer / ours, 1),
                "number": people(),
            }


def _kinds(chance: random.Random) -> dict[str, Callable[[Any], str]]:
    def born(row: Any) -> date:
        found: date = row.born
        return found

    return {
        "whole name": lambda r: str(r.name),
        "family name": lambda r: str(r.name[0]),
        "end of the name": lambda r: str(r.name[1:]),
        "name apart": lambda r: f"{r.name[0]} {r.name[1:]}",
        "name and birthday": lambda r: f"{r.name} {born(r):%Y-%m-%d}",
        "name and year": lambda r: f"{r.name} {born(r).year}",
        "number without zeros": lambda r: str(r.external_id).lstrip("0"),
        "national number without dash": lambda r: str(r.national_id).replace("-", " "),
        "nobody": lambda r: f"{r.name}{chance.choice('뷁쀍쮉')}",
    }


def _scan(name: str, root: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PEER, [f"%{name}%", root])
        cursor.fetchall()


def _p95(times: list[float]) -> float:
    return sorted(times)[int(0.95 * (len(times) - 1))]

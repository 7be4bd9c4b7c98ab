"""Register people: in bulk through COPY, or one by one."""

from collections.abc import Callable, Iterable
from datetime import date, datetime

import polars as pl
from django.db import connection

from balmis.contexts.people.models import Person, Register, Trait
from balmis.contexts.people.synthesis.population import Chunk
from balmis.contexts.places.models import Area
from balmis.core.errors import Unusable
from balmis.core.vocabulary.people import Sex, TraitKind

PERSON_COLUMNS = ["external_id", "national_id", "name", "born", "sex", "area_id"]


def keep_register(code: str, *, title: str, synthetic: bool, now: datetime) -> Register:
    register, _ = Register.objects.get_or_create(
        code=code, defaults={"title": title, "synthetic": synthetic, "made_at": now}
    )
    return register


def lock_register(code: str, *, title: str, now: datetime) -> Register:
    """The register of real people, made or found, locked to the end of the transaction.

    Raises Unusable when it is a synthetic one: real and invented people never mix.
    """
    keep_register(code, title=title, synthetic=False, now=now)
    register = Register.objects.select_for_update().get(code=code)
    if register.synthetic:
        raise Unusable(f"The register {code} holds synthetic residents; name another for people.")
    return register


def has_people(register: Register) -> bool:
    return Person.objects.filter(register=register).exists()


def register_person(
    register: Register,
    *,
    external_id: str,
    name: str,
    born: date,
    sex: Sex,
    area: Area,
    national_id: str | None = None,
) -> Person:
    return Person.objects.create(
        register=register,
        external_id=external_id,
        name=name,
        born=born,
        sex=sex.value,
        area=area,
        national_id=national_id,
    )


def copy_people(
    register: Register, chunks: Iterable[Chunk], *, progress: Callable[[int], None] = lambda n: None
) -> int:
    """Load chunks of people and their traits; `progress` hears how many were added."""
    total = 0
    areas = dict(Area.objects.values_list("code", "id"))
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS trait_list "
            "(external_id text, kind text, code text) ON COMMIT DROP"
        )
        for chunk in chunks:
            people = chunk.people.select(
                pl.lit(register.pk).alias("register_id"),
                *PERSON_COLUMNS[:-1],
                pl.col("area_code").replace_strict(areas, return_dtype=pl.Int64),
            )
            copy = f"COPY people_person (register_id, {', '.join(PERSON_COLUMNS)}) FROM STDIN (FORMAT csv)"
            with cursor.copy(copy) as pipe:
                pipe.write(people.write_csv(include_header=False).encode())
            if chunk.traits.height:
                with cursor.copy("COPY trait_list FROM STDIN (FORMAT csv)") as pipe:
                    pipe.write(chunk.traits.write_csv(include_header=False).encode())
            total += people.height
            progress(people.height)
        cursor.execute(
            """INSERT INTO people_trait (person_id, kind, code)
               SELECT p.id, t.kind, t.code FROM trait_list t
               JOIN people_person p ON p.register_id = %s AND p.external_id = t.external_id
               ON CONFLICT DO NOTHING""",
            [register.pk],
        )
        cursor.execute("DROP TABLE trait_list")
    return total


def add_trait(people: list[int], kind: TraitKind, code: str) -> dict[int, int]:
    """Note something of these people; person to trait, for those of whom it was not noted."""
    known = Trait.objects.filter(person_id__in=people, kind=kind.value, code=code)
    has = set(known.values_list("person_id", flat=True))
    rows = [Trait(person_id=p, kind=kind.value, code=code) for p in people if p not in has]
    Trait.objects.bulk_create(rows, batch_size=5000, ignore_conflicts=True)
    return {person: pk for person, pk in known.values_list("person_id", "pk") if person not in has}


def note_trait(person: Person, kind: TraitKind, code: str, *, source: str, on: date) -> Trait:
    """Note something of a person, who says so and since when; what was noted before stays."""
    found, _ = Trait.objects.get_or_create(
        person=person, kind=kind.value, code=code, defaults={"source": source, "noted_on": on}
    )
    return found


def drop_traits(traits: list[int]) -> None:
    Trait.objects.filter(pk__in=traits).delete()


def analyse() -> None:
    """Tell the planner about freshly loaded people."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE people_person, people_trait")


# ---- how people are reached ------------------------------------------------------------------

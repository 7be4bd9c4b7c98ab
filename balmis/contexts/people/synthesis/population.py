"""Draw residents from margins: how many live where, their ages and sex, their traits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from balmis.contexts.people.synthesis.names import names, national_ids
from balmis.core.campaigns.bands import OLDEST, parse_band
from balmis.core.vocabulary.people import Sex, TraitKind

CHUNK = 100_000  # people made at once; bounds the memory


@dataclass(frozen=True, slots=True)
class Place:
    """A smallest area, by its code, with its margins. `ages`: relative weight by age band."""

    code: str
    people: int
    ages: dict[str, float]
    male_share: float


@dataclass(frozen=True, slots=True)
class Sized:
    """A trait that `people` residents of these ages (and sex) have."""

    kind: TraitKind
    code: str
    people: int
    age_from: int = 0
    age_to: int | None = None
    sex: Sex | None = None


@dataclass(frozen=True, slots=True)
class Recipe:
    places: Sequence[Place]
    traits: Sequence[Sized]
    as_of: date  # ages are completed years on this day
    name_style: str
    id_style: str
    seed: int
    first_index: int = 1
    prefix: str = field(default="")


@dataclass(frozen=True, slots=True)
class Chunk:
    """`people`: index, external_id, national_id, name, born, sex, area_code.
    `traits`: external_id, kind, code."""

    people: pl.DataFrame
    traits: pl.DataFrame


def apportion(total: int, weights: Sequence[float] | NDArray[np.float64]) -> NDArray[np.int64]:
    """Split a whole number by weights so that the parts are whole and add up to it.

    Largest remainders (Hamilton's method); ties go to the earlier part.
    """
    w = np.asarray(weights, dtype=np.float64)
    parts: NDArray[np.int64]
    if total == 0 or w.sum() <= 0:
        parts = np.zeros(len(w), dtype=np.int64)
        if total and len(w):
            parts[0] = total
        return parts
    exact = total * w / w.sum()
    parts = np.floor(exact).astype(np.int64)
    short = total - int(parts.sum())
    order = np.argsort(-(exact - parts), kind="stable")
    parts[order[:short]] += 1
    return parts


def residents(recipe: Recipe) -> Iterator[Chunk]:
    """The population in chunks. The same recipe gives the same people, whatever the machine."""
    shares = _trait_shares(recipe)
    streams = np.random.SeedSequence(recipe.seed).spawn(len(recipe.places))
    index = recipe.first_index
    waiting: list[Chunk] = []
    held = 0
    for i, (place, stream) in enumerate(zip(recipe.places, streams, strict=True)):
        rng = np.random.Generator(np.random.PCG64(stream))
        for part in _of_place(recipe, place, rng, index, shares[:, i]):
            index += part.people.height
            held += part.people.height
            waiting.append(part)
            if held >= CHUNK:
                yield _joined(waiting)
                waiting, held = [], 0
    if waiting:
        yield _joined(waiting)


def _joined(parts: list[Chunk]) -> Chunk:
    return Chunk(pl.concat(p.people for p in parts), pl.concat(p.traits for p in parts))


def _trait_shares(recipe: Recipe) -> NDArray[np.int64]:
    """(n_traits, n_places): how many people of each place have each trait."""
    sizes = [p.people for p in recipe.places]
    rows = [apportion(t.people, sizes) for t in recipe.traits]
    return np.array(rows, dtype=np.int64).reshape(len(rows), len(sizes))


def _of_place(
    recipe: Recipe,
    place: Place,
    rng: np.random.Generator,
    index: int,
    trait_counts: NDArray[np.int64],
) -> Iterator[Chunk]:
    ages = _ages(place, rng)
    made = ages.size
    male = rng.permutation(made) < round(made * place.male_share)
    born = _birthdays(ages, recipe.as_of, rng)
    people = pl.DataFrame(
        {
            "index": np.arange(index, index + made),
            "born": born,
            "sex": np.where(male, Sex.MALE.value, Sex.FEMALE.value),
        }
    ).with_columns(area_code=pl.lit(place.code))
    people = people.with_columns(
        external_id=pl.lit(recipe.prefix) + pl.col("index").cast(pl.String).str.zfill(8),
        name=names(recipe.name_style, male, rng),
    )
    people = people.with_columns(national_id=national_ids(recipe.id_style, people))
    traits = _traits(recipe, people["external_id"], ages, male, trait_counts, rng)
    yield Chunk(people, traits)


def _ages(place: Place, rng: np.random.Generator) -> NDArray[np.int64]:
    """Ages of everyone in the place, evenly within each band; the oldest band thins out."""
    counts = apportion(place.people, list(place.ages.values()))
    parts = []
    for band, count in zip(place.ages, counts, strict=True):
        low, high = parse_band(band)
        if high is None:
            ages = np.minimum(low + rng.exponential(5.0, count).astype(np.int64), OLDEST)
        else:
            ages = rng.integers(low, high + 1, count)
        parts.append(ages)
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _birthdays(
    ages: NDArray[np.int64], as_of: date, rng: np.random.Generator
) -> NDArray[np.datetime64]:
    """A birthday for each age, so that the person is exactly that old on `as_of`."""
    last = np.datetime64(as_of, "D") - rng.integers(0, 365, ages.size)
    month = last.astype("datetime64[M]")
    day = (last - month.astype("datetime64[D]")).astype(np.int64)
    born_month = month - (12 * ages).astype("timedelta64[M]")
    born: NDArray[np.datetime64] = born_month.astype("datetime64[D]") + day
    return born


def _traits(
    recipe: Recipe,
    ids: pl.Series,
    ages: NDArray[np.int64],
    male: NDArray[np.bool_],
    counts: NDArray[np.int64],
    rng: np.random.Generator,
) -> pl.DataFrame:
    """Give each trait to as many as it should have; nobody gets two."""
    free = np.ones(ages.size, dtype=np.bool_)
    frames = []
    for trait, count in zip(recipe.traits, counts, strict=True):
        fits = free & (ages >= trait.age_from)
        if trait.age_to is not None:
            fits &= ages <= trait.age_to
        if trait.sex is not None:
            fits &= male == (trait.sex is Sex.MALE)
        working = fits & (ages <= 69)  # traits of work and illness in the plan are adults'
        able = np.flatnonzero(working if working.sum() >= count else fits)
        chosen = np.sort(rng.choice(able, min(int(count), able.size), replace=False))
        free[chosen] = False
        frames.append(
            pl.DataFrame({"external_id": ids.gather(chosen)}).with_columns(
                kind=pl.lit(trait.kind.value), code=pl.lit(trait.code)
            )
        )
    empty = pl.DataFrame(schema={"external_id": pl.String, "kind": pl.String, "code": pl.String})
    return pl.concat([empty, *frames])

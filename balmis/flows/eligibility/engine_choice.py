"""Where a population is evaluated: in this process, or on a cluster."""

from collections.abc import Iterator
from contextlib import contextmanager

from balmis.core.errors import BadInput
from balmis.flows.eligibility.population_engine import IN_PROCESS, Engine


@contextmanager
def engine_named(name: str) -> Iterator[Engine]:
    """The engine, open as long as the context. Raises BadInput for a name that is none,
    Unusable when Spark or its Java is missing."""
    if name == "local":
        yield IN_PROCESS
    elif name == "spark":
        from balmis.flows.eligibility.spark import spark_engine

        with spark_engine() as engine:
            yield engine
    else:
        raise BadInput(f"There is no engine '{name}'; write local or spark.")

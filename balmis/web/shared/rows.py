"""Rows of tables, as far as pages read them: the doors know no models."""

from typing import Protocol


class Chosen(Protocol):
    """What a form offers by its code and name, such as a team."""

    @property
    def code(self) -> str: ...

    @property
    def name(self) -> str: ...


class Placed(Protocol):
    """An area or a site."""

    @property
    def code(self) -> str: ...

    @property
    def names(self) -> dict[str, str]: ...


class OfArea(Protocol):
    """A campaign, as far as its places are asked for."""

    @property
    def area(self) -> Placed: ...

"""Whose consent counts: a minor's own does not, unless a professional found them mature enough."""

from collections.abc import Mapping
from typing import Any

from balmis.core.vocabulary.clinic import Party


def speaks_for_minor(consent: Mapping[str, Any], *, age: int, maturity_age: int) -> bool:
    """Does the consent of somebody below the age of consent name who may give it: the guardian with
    the relation to the person, or who assessed the minor, where the campaign lets that count
    (`maturity_age`; 0: never)? The twin stands in `web/static/clinic/clearing.js`."""
    if consent.get("by") == Party.GUARDIAN:
        return bool(_said(consent, "name") and _said(consent, "relation"))
    return 0 < maturity_age <= age and bool(_said(consent, "maturity"))


def _said(consent: Mapping[str, Any], field: str) -> str:
    return str(consent.get(field, "")).strip()

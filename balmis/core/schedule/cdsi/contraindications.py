"""Who needs no dose or may not have it, of one CDSi antigen file."""

from xml.etree.ElementTree import Element

from balmis.core.schedule import format as f
from balmis.core.schedule.cdsi.antigens import window
from balmis.core.schedule.cdsi.supporting_data import (
    Reader,
    _antigen_of,
    day,
    text_of,
)


def immunity_of(root: Element) -> list[f.Immunity]:
    antigen = _antigen_of(root)
    known = [
        f.Immunity(
            antigen=antigen,
            observation=text_of(c, "guidelineCode"),
            title=text_of(c, "guidelineTitle"),
        )
        for c in root.findall("immunity/clinicalHistory")
    ]
    born = [
        f.Immunity(
            antigen=antigen,
            born_before=day(text_of(b, "immunityBirthDate")),
            country=text_of(b, "birthCountry"),
            exclusions=[
                f.Exclusion(
                    observation=text_of(e, "exclusionCode"), title=text_of(e, "exclusionTitle")
                )
                for e in b.findall("exclusion")
            ],
        )
        for b in root.findall("immunity/dateOfBirth")
    ]
    return known + born


def contraindications_of(root: Element, reader: Reader) -> list[f.Contraindication]:
    return [
        f.Contraindication(
            antigen=_antigen_of(root),
            observation=text_of(c, "observationCode"),
            title=text_of(c, "observationTitle"),
            text=text_of(c, "contraindicationText"),
            guidance=text_of(c, "contraindicationGuidance"),
            products=[
                f.BarredProduct(product=text_of(p, "cvx"), label=reader.label(p), **window(p))
                for p in c.findall("contraindicatedVaccine")
            ],
            **window(c),
        )
        for level in ("vaccineGroup", "vaccine")
        for c in root.findall(f"contraindications/{level}/contraindication")
    ]

"""CDSi supporting data (XML) as a schedule file, without loss.

Source: CDC, Clinical Decision Support for Immunization, supporting data 4.64 and its XSD;
COVID-19 antigen 4.18. Four kinds of "empty" become one: an absent key. Spelling of units,
list separators and letter case of enumerations are normalised; nothing else is dropped.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from xml.etree.ElementTree import Element

from balmis.core.errors import BadInput
from balmis.core.schedule import format as f
from balmis.core.schedule.duration import PATTERN
from balmis.core.vocabulary.people import Sex

_UNITS = {"year": "y", "month": "mo", "week": "w", "day": "d"}
_AMOUNT = re.compile(r"(\d+)\s*(year|month|week|day)s?", re.I)
_SEXES = {"male": Sex.MALE, "female": Sex.FEMALE, "unknown": Sex.UNKNOWN}
_OPS = {"greater than": ">", "equal to": "=", "less than": "<"}
_CONDITIONS = {
    "age": "age",
    "completed series": "completed_series",
    "interval": "interval",
    "vaccine count by age": "count_by_age",
    "vaccine count by date": "count_by_date",
    "vaccine count by date and age": "count_by_date_and_age",
}


def text_of(node: Element, tag: str) -> str:
    return (node.findtext(tag) or "").strip()


def filled(node: Element, tag: str) -> Iterator[Element]:
    """The children that say something: an empty element means "none"."""
    return (child for child in node.findall(tag) if len(child))


def length(text: str) -> str | None:
    """'6 weeks - 4 days' → '6w - 4d'. Raises BadInput for anything not understood."""
    text = text.strip()
    if not text or text.lower() == "n/a":
        return None
    short = _AMOUNT.sub(lambda m: m[1] + _UNITS[m[2].lower()], text)
    short = re.sub(r"\s*([+-])\s*", r" \1 ", short)
    if not re.match(PATTERN, short):
        raise BadInput(f"'{text}' is not a length of time that supporting data uses.")
    return short


def day(text: str) -> date | None:
    """'20211025' or '10/25/2021' as a date."""
    text = text.strip()
    if not text or text.lower() == "n/a":
        return None
    if re.fullmatch(r"\d{8}", text):
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    if match := re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", text):
        return date(int(match[3]), int(match[1]), int(match[2]))
    raise BadInput(f"'{text}' is not a date that supporting data uses.")


def items(text: str) -> list[str]:
    return [item.strip() for item in text.split(";") if item.strip() and item.strip() != "n/a"]


def yes(text: str) -> bool:
    return text.strip().lower() in ("yes", "y", "override")


class Reader:
    """Reads one set of files; knows each product's usual name, to note only other names."""

    def __init__(self, schedule: Element | None, antigens: list[Element]) -> None:
        self.schedule = schedule
        self.antigens = antigens
        self.names = _usual_names(schedule, antigens)

    def label(self, node: Element) -> str:
        name = text_of(node, "vaccineType")
        return "" if name == self.names[text_of(node, "cvx")] else name

    def products(self) -> dict[str, f.Product]:
        maps = {text_of(m, "cvx"): m for m in self._all("cvxMap")}
        protects: dict[str, set[str]] = defaultdict(set)
        for root in self.antigens:
            for node in _product_nodes(root):
                protects[text_of(node, "cvx")].add(_antigen_of(root))
        # with one antigen file alone, products that only its lists name are of that antigen
        only = [_antigen_of(self.antigens[0])] if self.schedule is None else []
        made = {}
        for cvx in sorted({*maps, *self.names, *self._listed()}):
            found = maps.get(cvx)
            made[cvx] = f.Product(
                name=self.names.get(cvx) or f"CVX {cvx}",
                title=text_of(found, "shortDescription") if found is not None else "",
                cvx=cvx,
                antigens=[_association(a) for a in found.findall("association")]
                if found is not None
                else [f.Association(antigen=a) for a in sorted(protects[cvx] or only)],
            )
        return made

    def _listed(self) -> set[str]:
        """Codes that stand only in a list of an interval or a condition."""
        return {
            code
            for root in self.antigens
            for tag in ("fromMostRecent", "vaccineTypes")
            for node in root.iter(tag)
            for code in items(node.text or "")
        }

    def groups(self) -> dict[str, f.VaccineGroup]:
        full = {
            text_of(g, "name"): text_of(g, "administerFullVaccineGroup").lower()
            for g in self._all("vaccineGroup")
            if g.find("name") is not None
        }
        made = {
            text_of(m, "name"): f.VaccineGroup(
                antigens=[(a.text or "").strip() for a in m.findall("antigen")],
                full={"yes": True, "no": False}.get(full.get(text_of(m, "name"), "")),
            )
            for m in self._all("vaccineGroupMap")
        }
        if not made:
            for root in self.antigens:
                for series in root.findall("series"):
                    antigen = text_of(series, "targetDisease")
                    made[text_of(series, "vaccineGroup")] = f.VaccineGroup(antigens=[antigen])
        return made

    def conflicts(self) -> list[f.Conflict]:
        grouped: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
        for node in self._all("liveVirusConflict"):
            previous, current = node.find("previous"), node.find("current")
            assert previous is not None and current is not None
            lengths = [
                length(text_of(node, tag)) or "0d"
                for tag in (
                    "conflictBeginInterval",
                    "minConflictEndInterval",
                    "conflictEndInterval",
                )
            ]
            key = (text_of(previous, "cvx"), lengths[0], lengths[1], lengths[2])
            grouped[key].append(text_of(current, "cvx"))
        return [
            f.Conflict(previous=[previous], current=currents, begin=begin, min_end=low, end=end)
            for (previous, begin, low, end), currents in grouped.items()
        ]

    def observations(self) -> dict[str, f.Observation]:
        """As listed; those that are only mentioned, with the title they are mentioned by."""
        listed = self._observations()
        for root in self.antigens:
            for code, title in _mentioned(root):
                listed.setdefault(code, f.Observation(title=title or f"Observation {code}"))
        return listed

    def _observations(self) -> dict[str, f.Observation]:
        return {
            text_of(o, "observationCode"): f.Observation(
                title=text_of(o, "observationTitle"),
                group=text_of(o, "group"),
                indication=text_of(o, "indicationText"),
                contraindication=text_of(o, "contraindicationText"),
                clarifying=text_of(o, "clarifyingText"),
                codes=[
                    f.Coded(
                        code=text_of(c, "code"),
                        system=text_of(c, "codeSystem"),
                        text=text_of(c, "text"),
                    )
                    for c in o.iter("codedValue")
                ],
            )
            for o in self._all("observation")
        }

    def _all(self, tag: str) -> Iterable[Element]:
        return self.schedule.iter(tag) if self.schedule is not None else ()


def _usual_names(schedule: Element | None, antigens: list[Element]) -> dict[str, str]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for root in antigens:
        for node in _product_nodes(root):
            counts[text_of(node, "cvx")][text_of(node, "vaccineType")] += 1
    if schedule is not None:
        for node in schedule.iter("cvxMap"):
            cvx = text_of(node, "cvx")
            if not counts[cvx]:
                counts[cvx][text_of(node, "shortDescription")] += 1
        for side in (s for c in schedule.iter("liveVirusConflict") for s in c if len(s)):
            if not counts[text_of(side, "cvx")]:
                counts[text_of(side, "cvx")][text_of(side, "vaccineType")] += 1
    return {cvx: names.most_common(1)[0][0] for cvx, names in counts.items()}


def _mentioned(root: Element) -> Iterator[tuple[str, str]]:
    for node in root.iter():
        for code, title in (
            ("observationCode/code", "observationCode/text"),
            ("observationCode", "observationTitle"),
            ("fromRelevantObs/code", "fromRelevantObs/text"),
            ("guidelineCode", "guidelineTitle"),
            ("exclusionCode", "exclusionTitle"),
        ):
            if found := text_of(node, code):
                yield found, text_of(node, title)


def _product_nodes(root: Element) -> Iterator[Element]:
    for tag in (
        "preferableVaccine",
        "allowableVaccine",
        "inadvertentVaccine",
        "contraindicatedVaccine",
    ):
        yield from (node for node in root.iter(tag) if len(node))


def _antigen_of(root: Element) -> str:
    return (root.findtext("series/targetDisease") or "").strip()


def _association(node: Element) -> f.Association:
    return f.Association(
        antigen=text_of(node, "antigen"),
        begin_age=length(text_of(node, "associationBeginAge")),
        end_age=length(text_of(node, "associationEndAge")),
    )

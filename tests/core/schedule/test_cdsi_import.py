"""The importer loses nothing: the schedule, written as XML again, says what the XML said."""

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import msgspec
import pytest

from balmis.core.errors import BadInput
from balmis.core.schedule import format as f
from balmis.core.schedule.cdsi.importer import import_cdsi
from balmis.core.schedule.file_checks import check_schedule
from tests.core.schedule.cdsi_xml import words, written

Facts = Counter[tuple[str, ...]]
LISTS = {"fromMostRecent", "vaccineTypes", "seriesGroups", "equivalentSeriesGroups"}


def same(tag: str, text: str) -> str:
    """The text without what carries no meaning: case of enumerations, plurals, separators."""
    text = re.sub(r"\s+", " ", text.strip())
    if tag in LISTS:
        return ";".join(part.strip() for part in text.split(";"))
    if re.fullmatch(r"[\d\s+-]+(year|month|week|day)s?.*", text):
        return re.sub(r"(year|month|week|day)s", r"\1", text)
    if tag in (
        "conditionType",
        "doseType",
        "doseCountLogic",
        "context",
        "conditionLogic",
        "setLogic",
    ):
        return "" if text == "n/a" else text.lower()
    if tag == "volume" and text:
        return str(float(text))
    return "" if text == "n/a" else text


def facts(node: Element, path: tuple[str, ...] = ()) -> Facts:
    """Every leaf that says something, with its path."""
    here = (*path, node.tag)
    if len(node) == 0:
        text = same(node.tag, node.text or "")
        return Counter({(*here, text): 1}) if text else Counter()
    found: Facts = Counter()
    for child in node:
        found += facts(child, here)
    return found


def blocks(root: Element) -> list[tuple[str, Facts]]:
    """Facts kept apart where their grouping matters: doses, skips, contraindications, …"""
    grouped = (
        "contraindication",
        "clinicalHistory",
        "dateOfBirth",
        "indication",
        "age",
        "interval",
        "allowableInterval",
        "preferableVaccine",
        "allowableVaccine",
        "inadvertentVaccine",
        "conditionalSkip",
    )
    found = []
    for n, series in enumerate(root.findall("series")):
        bare = ElementTree.Element("series")
        bare.extend(c for c in series if c.tag not in ("seriesDose", "indication"))
        found.append((f"{n}", facts(bare)))
        for dose in series.findall("seriesDose"):
            plain = ElementTree.Element("dose")
            plain.extend(c for c in dose if c.tag not in grouped)
            found.append((f"{n}", facts(plain)))
    return sorted(
        found + [(tag, facts(e)) for tag in grouped for e in root.iter(tag) if facts(e)],
        key=lambda b: (b[0], sorted(b[1].items())),
    )


def antigens(folder: Path) -> list[Element]:
    return [ElementTree.parse(p).getroot() for p in sorted(folder.glob("Antigen*.xml"))]


def test_all_thirty_antigens_come_back_as_they_were(
    cdsi_file: f.ScheduleFile, shared_data: Path
) -> None:
    compared = 0
    for root in antigens(shared_data / "cdsi" / "supporting-4.64"):
        name = root.findtext("series/targetDisease") or ""
        assert blocks(written(cdsi_file, name)) == blocks(root), name
        compared += sum(sum(c.values()) for _, c in blocks(root))
    assert compared > 30_000


OBSERVATION_TEXTS = (
    "observationTitle",
    "group",
    "indicationText",
    "contraindicationText",
    "clarifyingText",
)


def test_the_schedule_data_come_back_as_they_were(
    cdsi_file: f.ScheduleFile, shared_data: Path
) -> None:
    root = ElementTree.parse(
        shared_data / "cdsi/supporting-4.64/ScheduleSupportingData.xml"
    ).getroot()

    def text(node: Element, tag: str) -> str:
        return same(tag, node.findtext(tag) or "")

    conflicts = {
        (
            text(c, "previous/cvx"),
            text(c, "current/cvx"),
            text(c, "conflictBeginInterval"),
            text(c, "minConflictEndInterval"),
            text(c, "conflictEndInterval"),
        )
        for c in root.iter("liveVirusConflict")
    }
    assert len(list(root.iter("liveVirusConflict"))) == 625
    assert conflicts == {
        (p, q, words(c.begin), words(c.min_end), words(c.end))
        for c in cdsi_file.conflicts
        for p in c.previous
        for q in c.current
    }
    groups = {
        text(m, "name"): [a.text for a in m.findall("antigen")]
        for m in root.iter("vaccineGroupMap")
    }
    assert groups == {name: g.antigens for name, g in cdsi_file.vaccine_groups.items()}
    for m in root.iter("cvxMap"):
        product = cdsi_file.products[text(m, "cvx")]
        assert product.title == text(m, "shortDescription")
        assert [(a.antigen, words(a.begin_age), words(a.end_age)) for a in product.antigens] == [
            (text(a, "antigen"), text(a, "associationBeginAge"), text(a, "associationEndAge"))
            for a in m.findall("association")
        ]
    for o in root.iter("observation"):
        found = cdsi_file.observations[text(o, "observationCode")]
        words_of = (found.title, found.group, found.indication, found.contraindication)
        assert (*words_of, found.clarifying) == tuple(
            (o.findtext(tag) or "").strip() for tag in OBSERVATION_TEXTS
        )
        assert [(c.code, c.system, c.text) for c in found.codes] == [
            (text(c, "code"), text(c, "codeSystem"), (c.findtext("text") or "").strip())
            for c in o.iter("codedValue")
        ]


def test_the_covid_antigen_of_2021_comes_back_as_it_was(shared_data: Path) -> None:
    path = shared_data / "cdsi/covid-history/COVID-19-v4.18.cdc.xml"
    file = import_cdsi({path.name: path.read_bytes()}, id="cdsi-4.18", version="4.18")
    assert blocks(written(file, "COVID-19")) == blocks(ElementTree.parse(path).getroot())
    assert len(file.series) == 18


def test_an_import_can_be_kept_as_a_schedule_file(cdsi_file: f.ScheduleFile) -> None:
    text = msgspec.json.encode(cdsi_file).decode()  # JSON is YAML
    assert msgspec.convert(msgspec.json.decode(text), f.ScheduleFile, strict=False) == cdsi_file
    covid = msgspec.structs.replace(
        cdsi_file, series=[s for s in cdsi_file.series if s.antigen == "COVID-19"]
    )
    found, problems = check_schedule(msgspec.json.encode(covid).decode())
    assert problems == ()
    assert found == covid


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"<a>", "x.xml, line 1, column 4: not well-formed XML"),
        (b"<a/>", "x.xml: <a> is not CDSi supporting data"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "a document type is not read"),
    ],
)
def test_a_file_that_is_no_supporting_data_is_told_in_words(text: bytes, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        import_cdsi({"x.xml": text}, id="x", version="1")

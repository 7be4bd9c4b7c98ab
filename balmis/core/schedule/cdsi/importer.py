"""CDSi files to one schedule."""

from xml.etree import ElementTree

import msgspec

from balmis.core.errors import BadInput
from balmis.core.schedule import format as f
from balmis.core.schedule.cdsi.antigens import series_of
from balmis.core.schedule.cdsi.contraindications import contraindications_of, immunity_of
from balmis.core.schedule.cdsi.supporting_data import Reader
from balmis.core.schedule.file_checks import check_imported


def import_cdsi(texts: dict[str, bytes], *, id: str, version: str) -> f.ScheduleFile:
    """File name → XML as published: any number of antigen files, at most one schedule file.

    Raises BadInput naming the file that cannot be read.
    """
    schedule, antigens = None, []
    for name in sorted(texts):
        root = _parse(name, texts[name])
        if root.tag == "antigenSupportingData":
            antigens.append(root)
        elif root.tag == "scheduleSupportingData":
            schedule = root
        else:
            raise BadInput(f"{name}: <{root.tag}> is not CDSi supporting data.")
    if not any(root.find("series") is not None for root in antigens):
        raise BadInput("No CDSi antigen file with a series was given.")
    try:
        made = _made(Reader(schedule, antigens), antigens, id, version)
    except (
        AssertionError,
        AttributeError,
        KeyError,
        ValueError,
        OverflowError,
        msgspec.ValidationError,
    ) as error:
        raise BadInput(f"The supporting data cannot be understood: {error!s:.200}") from error
    problems = check_imported(made)
    if problems:
        raise BadInput(
            "The supporting data contradict themselves: "
            + "; ".join(p.message for p in problems[:5])
        )
    return made


def _made(
    reader: Reader, antigens: list[ElementTree.Element], id: str, version: str
) -> f.ScheduleFile:
    made = f.ScheduleFile(
        format=f.FORMAT,
        id=id,
        version=version,
        title={"en": f"CDSi supporting data {version}"},
        jurisdiction="US",
        sources={"cdsi": f"CDC, CDSi supporting data {version}"},
        products=reader.products(),
        vaccine_groups=reader.groups(),
        observations=reader.observations(),
        series=[s for root in antigens for s in series_of(root, reader)],
        immunity=[i for root in antigens for i in immunity_of(root)],
        contraindications=[c for root in antigens for c in contraindications_of(root, reader)],
        conflicts=reader.conflicts(),
    )
    # made by hand, so the format has not been asked yet
    return msgspec.convert(msgspec.to_builtins(made), f.ScheduleFile, strict=False)


def _parse(name: str, text: bytes) -> ElementTree.Element:
    try:
        words = text.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{name}: not UTF-8 text.") from None
    if "<!DOCTYPE" in words or "<!ENTITY" in words:
        raise BadInput(f"{name}: XML with a document type is not read.")
    try:
        return ElementTree.fromstring(words)  # noqa: S314
    except ElementTree.ParseError as error:
        line, column = error.position
        raise BadInput(f"{name}, line {line}, column {column + 1}: not well-formed XML.") from error

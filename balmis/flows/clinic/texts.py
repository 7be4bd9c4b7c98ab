"""The questionnaires and consent texts in use, as versioned data."""

from collections.abc import Iterable
from functools import lru_cache

from balmis.core.clinic.screening import ClinicFile, Emergency, Questionnaire, Text
from balmis.core.errors import BadInput
from balmis.core.files.reader import read
from balmis.core.files.shapes import shape
from balmis.presets import clinic_names, clinic_text

FORMAT = "balmis-clinic/1"


@lru_cache
def clinic_file() -> ClinicFile:
    """All that come with the program, together."""
    screening: list[Questionnaire] = []
    consent: list[Text] = []
    emergency: list[Emergency] = []
    for name in clinic_names():
        document = read(clinic_text(name))
        found = shape(document, ClinicFile, name=FORMAT, what="clinic file")
        assert found is not None, [str(p) for p in document.problems]
        screening += found.screening
        consent += found.consent
        emergency += found.emergency
    return ClinicFile(
        format=FORMAT,
        screening=tuple(screening),
        consent=tuple(consent),
        emergency=tuple(emergency),
    )


def questionnaire(code: str, version: str) -> Questionnaire:
    """Raises BadInput for one that there is not."""
    for found in clinic_file().screening:
        if (found.code, found.version) == (code, version):
            return found
    raise BadInput(f"There is no questionnaire {code}, version {version}.")


def in_use(products: tuple[str, ...], area_path: str) -> list[Questionnaire]:
    """Those asked at a place in this area, for these products; '' products: for any."""
    inside = set(area_path.split("/"))
    return [
        q
        for q in clinic_file().screening
        if (not q.areas or inside & set(q.areas))
        and (not q.products or not products or set(q.products) & set(products))
    ]


def question_texts(codes: Iterable[str]) -> list[dict[str, str]]:
    """The questions of these codes, in every language, each once; codes that there are not are left out."""
    known = {q.code: q.text for f in clinic_file().screening for q in f.questions}
    return [known[code] for code in codes if code in known]


def emergency_texts() -> tuple[Emergency, ...]:
    return clinic_file().emergency


def consent_texts() -> tuple[Text, ...]:
    return clinic_file().consent

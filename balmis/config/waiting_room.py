"""The waiting pages, written once by the pages' own templates, for the gate to fill and serve."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.formats import get_format
from django.utils.translation import override

from balmis.gate.waiting_room import Pages


def waiting_pages() -> Pages:
    early, drawn, separators = {}, {}, {}
    for code, _name in settings.LANGUAGES:
        with override(code):
            early[code] = render_to_string(
                "resident/waiting.html", {"language": code, "early": True}
            )
            drawn[code] = render_to_string("resident/waiting.html", {"language": code})
            separators[code] = get_format("THOUSAND_SEPARATOR", lang=code)
    return Pages(early, drawn, separators)

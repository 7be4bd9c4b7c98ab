"""The desk's scripts find their words."""

import re
from pathlib import Path

from balmis.core.clinic.pre_dose_check import DOOR
from balmis.core.vocabulary.clinic import Check, Light, Outcome, StepKind, VisitStatus
from balmis.web.clinic.script_messages import DISPLAY, WORDS

SCRIPTS = Path(__file__).parents[2] / "balmis" / "web" / "static" / "clinic"
MADE = {
    "check_": Check,
    "light_": Light,
    "says_": Outcome,
    "doctor_": Outcome,
    "way_": DOOR,
    "step_": (*StepKind, "register", "note", "help"),
    "": VisitStatus,
    "state_": ("waiting", "online", "offline", "signed_out", "not_allowed"),
    "tab_": ("expected", "waiting", "to_doctor", "ready", "observed", "done"),
}


def test_every_key_has_its_words_and_every_word_is_used():
    text = "".join(path.read_text() for path in SCRIPTS.glob("*.js"))
    quoted = set(re.findall(r'"([a-z_]+)"', text))
    called = set(re.findall(r'\bt\("([a-z_]+)"[,)]', text))
    made = {prefix + str(value) for prefix, values in MADE.items() for value in values}
    display = set(re.findall(r'\bt\("([a-z_]+)"[,)]', (SCRIPTS / "display.js").read_text()))
    assert display == set(DISPLAY)
    assert called - WORDS.keys() - display == set()
    assert made - WORDS.keys() == set()
    assert WORDS.keys() - quoted - made == set()

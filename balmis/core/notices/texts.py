"""What is written to people: sentences, each with shorter forms, and the order in which they give way.

English here; the other languages stand in the message catalogues. A text message is one or two parts
long: who it is from, whose, what, when, where, what to do. No health detail beyond the appointment.

A sentence stands whole or not at all, so nothing is glued: of its forms the first is taken whose facts
are known. Where a message is too long, its cuts are made one after the other until it fits.
"""

from collections.abc import Callable, Mapping
from string import Formatter
from unicodedata import combining, normalize

from balmis.core.notices.length import is_gsm, parts
from balmis.core.refusal_texts import gettext_noop
from balmis.core.vocabulary.notices import Purpose

MOST_PARTS = 2
# cuts that shorten a fact, in place of a sentence: letters that every phone has, a name, days without
# their weekday
LETTERS, NAME, DAY = -1, -2, -3
SHORT_NAME, LONG_NAME, LEAST = 12, 24, 8  # letters
BARRED = str.maketrans("Đđ‘’", "Dd''")
END = tuple("。！？】")  # after them no blank is written

SUBJECTS: dict[Purpose, str] = {
    Purpose.CODE: gettext_noop("Your code"),
    Purpose.BOOKED: gettext_noop("Your vaccination appointment"),
    Purpose.MOVED: gettext_noop("Your vaccination appointment has changed"),
    Purpose.CHANGED: gettext_noop("Your vaccination appointment has changed"),
    Purpose.CANCELLED: gettext_noop("Your vaccination appointment is cancelled"),
    Purpose.SITE_CANCELLED: gettext_noop("Your vaccination appointment is cancelled"),
    Purpose.REMINDER: gettext_noop("Your vaccination appointment is near"),
    Purpose.INVITATION: gettext_noop("You can be vaccinated"),
    Purpose.OFFER: gettext_noop("A place is free for you"),
    Purpose.REGISTERED: gettext_noop("You are registered"),
    Purpose.DIARY: gettext_noop("How are you after your vaccination?"),
    Purpose.ACCOUNT: gettext_noop("Your account was changed"),
}

Sentence = tuple[str, ...]  # its forms, from the longest; "" is none
FROM: Sentence = (gettext_noop("[{sender}]"), gettext_noop("[{campaign}]"), "")
REASON: Sentence = (gettext_noop("Reason: {reason}."), "")
LINK = "{link}"  # in every language, where there is room for no more
CHANGE: Sentence = (gettext_noop("Change or cancel: {link}"), LINK)

# why a site changed or cancelled, as far as the session itself tells
REASONS = {
    "cancelled": gettext_noop("the session does not take place"),
    "held": gettext_noop("its vaccine is being checked"),
    "smaller": gettext_noop("the site can take fewer people"),
}

TEXTS: dict[Purpose, tuple[tuple[Sentence, ...], tuple[int, ...]]] = {
    Purpose.CODE: (
        (  # first in its text: phones and people look for it there
            (
                gettext_noop("{code} is your code of {sender} to book a vaccination."),
                gettext_noop("{code} is your code to book a vaccination."),
            ),
            (gettext_noop("Valid for {minutes} minutes. Give it to nobody who asks for it."),),
        ),
        (0,),
    ),
    Purpose.BOOKED: (
        (
            FROM,
            (
                gettext_noop("Booked for {name}: {when}, {site}, {address}."),
                gettext_noop("Booked for {name}: {when}, {site}."),
                gettext_noop("Booked: {when}, {site}."),
            ),
            (gettext_noop("Bring an identity document."), ""),
            CHANGE,
        ),
        (2, 1, 0, LETTERS, NAME, 1, DAY, 3),
    ),
    Purpose.CHANGED: (
        (
            FROM,
            (
                gettext_noop(
                    "Changed for {name}: now {when}, {site}, {address}, instead of {old}."
                ),
                gettext_noop("Changed for {name}: now {when}, {site}, {address}."),
                gettext_noop("Changed for {name}: now {when}, {site}, instead of {old}."),
                gettext_noop("Changed for {name}: now {when}, {site}."),
                gettext_noop("Changed: now {when}, {site}."),
            ),
            CHANGE,
        ),
        (1, 1, 0, LETTERS, NAME, 1, DAY, 1, 2),
    ),
    Purpose.MOVED: (
        (
            FROM,
            (
                gettext_noop(
                    "The site had to move {name} from {old}, {old_site}, to {when}, {site}, {address}."
                ),
                gettext_noop(
                    "The site had to move {name} from {old}, {old_site}, to {when}, {site}."
                ),
                gettext_noop("The site had to move {name} from {old} to {when}, {site}."),
                gettext_noop("The site had to move {name} to {when}, {site}."),
                gettext_noop("The site had to move your appointment to {when}, {site}."),
                gettext_noop("Moved for {name}: {when}, {site}."),
            ),
            REASON,
            (gettext_noop("Another time: {link}"), LINK),
        ),
        (1, 0, 2, LETTERS, 1, NAME, DAY, 1, 1, 1, 3),
    ),
    Purpose.CANCELLED: (
        (
            FROM,
            (
                gettext_noop("Cancelled for {name}: {when}, {site}."),
                gettext_noop("Cancelled: {when}, {site}."),
            ),
            (gettext_noop("Book again: {link}"), LINK),
        ),
        (0, LETTERS, NAME, 1, DAY, 2),
    ),
    Purpose.SITE_CANCELLED: (
        (
            FROM,
            (
                gettext_noop(
                    "We are sorry: the appointment of {name} on {when}, {site}, cannot take place, and "
                    "no other place was free near that day."
                ),
                gettext_noop(
                    "We are sorry: the appointment of {name} on {when}, {site}, cannot take place."
                ),
                gettext_noop("We are sorry: the appointment on {when}, {site}, cannot take place."),
                gettext_noop("Sorry, cancelled for {name}: {when}, {site}."),
            ),
            REASON,
            (gettext_noop("Choose another time: {link}"), LINK),
        ),
        (0, 1, LETTERS, NAME, 2, DAY, 1, 1, 3),
    ),
    Purpose.REMINDER: (
        (
            FROM,
            (
                gettext_noop("Reminder for {name}: {when}, {site}, {address}."),
                gettext_noop("Reminder for {name}: {when}, {site}."),
                gettext_noop("Reminder: {when}, {site}."),
            ),
            (
                gettext_noop("Not well, or not able to come? {link}"),
                LINK,
            ),
        ),
        (0, 1, LETTERS, NAME, 1, DAY, 2),
    ),
    Purpose.INVITATION: (
        (
            FROM,
            (
                gettext_noop(
                    "{name}, you can book your vaccination now, or say that you want no such messages: {link}"
                ),
                gettext_noop(
                    "You can book your vaccination now, or say that you want no such messages: {link}"
                ),
                gettext_noop("{name}: book your vaccination, or no such messages: {link}"),
            ),
        ),
        (LETTERS, 0, NAME, 1, 1),
    ),
    Purpose.OFFER: (
        (
            FROM,
            (
                gettext_noop("A place is free for {name}: {when}, {site}, {address}."),
                gettext_noop("A place is free for {name}: {when}, {site}."),
                gettext_noop("A place is free: {when}, {site}."),
            ),
            (gettext_noop("Answer by {until}: {link}"),),
        ),
        (1, 0, LETTERS, NAME, 1, DAY),
    ),
    Purpose.REGISTERED: (
        (
            FROM,
            (
                gettext_noop("{name}, you are registered for vaccination."),
                gettext_noop("You are registered for vaccination."),
            ),
            (gettext_noop("Book your appointment: {link}"),),
        ),
        (0, LETTERS, NAME, 1),
    ),
    Purpose.DIARY: (
        (
            FROM,
            (
                gettext_noop("{name}, how are you after your vaccination?"),
                gettext_noop("How are you after your vaccination?"),
                gettext_noop("{name}, how are you?"),
            ),
            (
                gettext_noop("Three questions, or no such messages: {link}"),
                gettext_noop("Three questions: {link}"),
            ),
            (gettext_noop("In an emergency call the ambulance."), ""),
        ),
        (0, LETTERS, NAME, 1, 2, 3, 1),
    ),
}

Facts = Mapping[str, str]


def compose(
    purpose: Purpose, facts: Facts, say: Callable[[str], str], *, most: int = MOST_PARTS
) -> str:
    """The message in the language of `say`, in at most so many parts as far as its facts allow; 0: as long
    as it is. A fact that is empty is not known. `shared` says that several people read at this address:
    then the name stays."""
    sentences, cuts = TEXTS[purpose]
    known = {key: fact for key, fact in facts.items() if fact}
    left = [_usable(sentence, known, say) for sentence in sentences]
    text = _joined(left, known)
    for cut in cuts:
        if not most or parts(text) <= most:
            break
        if cut >= 0:
            left[cut] = left[cut][1:] or left[cut]
        else:
            shorter = known | SHORTENED[cut](known)
            if cut != LETTERS or is_gsm(_joined(left, shorter)):  # else nothing would be won
                known = shorter
        text = _joined(left, known)
    whole = dict(known)
    while most and parts(text) > most and (fact := _longest(known)):
        shorten = waisted if fact == "site" else clipped
        known[fact] = shorten(whole[fact], len(known[fact]) - 1)
        text = _joined(left, known)
    return text


def _longest(known: Facts) -> str:
    """Of place and name what can still be shortened, and is longer."""
    found = [(len(known[key]), key) for key in ("name", "site") if len(known.get(key, "")) > LEAST]
    return max(found, default=(0, ""))[1]


def _usable(sentence: Sentence, known: Facts, say: Callable[[str], str]) -> list[str]:
    """Its forms whose facts are known, in the language; whose it is and who writes is left out of none
    where it must be said."""
    found = [(form, _facts(form)) for form in sentence]
    usable = [(form, names) for form, names in found if names <= known.keys()]
    must = {"name"} if known.get("shared") else set()
    must |= {"sender"} if sentence is FROM else set()
    for fact in must & known.keys():
        if any(fact in names for _, names in usable):
            usable = [(form, names) for form, names in usable if fact in names]
    return [say(form) if form else "" for form, _ in usable] or [""]


def _facts(form: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(form) if name}


def _joined(left: list[list[str]], known: Facts) -> str:
    """The sentences one after the other; where one ends as Chinese does, without a blank."""
    text = ""
    for forms in left:
        if said := forms[0].format_map(known):
            text += said if not text or text.endswith(END) else f" {said}"
    return text


def plain_letters(text: str) -> str:
    """Latin names without their marks, Thảo as Thao; other scripts as they are."""
    bare = "".join(c for c in normalize("NFKD", text.translate(BARRED)) if not combining(c))
    return bare if is_gsm(bare) else text


def _plain(known: Facts) -> dict[str, str]:
    return {key: plain_letters(known[key]) for key in ("name", "site", "address") if key in known}


SHORTENED: dict[int, Callable[[Facts], dict[str, str]]] = {
    LETTERS: _plain,
    NAME: lambda known: {"name": short_name(known.get("name", ""))},
    DAY: lambda known: {k: known[f"{k}_short"] for k in ("when", "old") if f"{k}_short" in known},
}


def short_name(name: str) -> str:
    """Enough to tell who of a family it is: a long name keeps its last word, and the initials of the
    others."""
    words = name.split()
    if len(name) <= SHORT_NAME or len(words) < 2:
        return clipped(name, LONG_NAME)
    return clipped(".".join(w[0] for w in words[:-1]) + f". {words[-1]}", LONG_NAME)


def clipped(text: str, most: int) -> str:
    """Its beginning; two points say that there is more, in letters that every phone has."""
    return text if len(text) <= most else f"{text[: most - 2].rstrip()}.."


def waisted(text: str, most: int) -> str:
    """Its beginning and its end: a place is told apart by either."""
    if len(text) <= most:
        return text
    tail = (most - 2) // 2
    return f"{text[: most - 2 - tail].rstrip()}..{text[-tail:].lstrip()}"

"""What is kept no longer than it is needed for; every night."""

from datetime import datetime, timedelta

from django.db import transaction

from balmis.contexts.access import invitations, sign_ins
from balmis.contexts.access import services as access
from balmis.contexts.journal import audit
from balmis.contexts.notices import services as notices
from balmis.contexts.people import contacts, lists
from balmis.core.actor import Actor

CODES = timedelta(days=1)  # after they ended
LIST_FILES = timedelta(days=1)  # that were sent and not taken in
SIGN_INS = timedelta(days=30)  # after they were over; the trail has them on
ADDRESSES = timedelta(days=180)  # of messages, after they were written


@transaction.atomic(durable=True)
def forget_old(*, now: datetime) -> dict[str, int]:
    """Ended sessions, sign-ins, codes, and to whom old messages went; how many of each, which is noted."""
    gone = {
        "sessions": access.forget_sessions(now=now),
        "sign_ins": sign_ins.forget(before=now - SIGN_INS),
        "invitations": invitations.forget(before=now - SIGN_INS),
        "list_files": lists.forget_files(before=now - LIST_FILES),
        "codes": contacts.forget_codes(before=now - CODES),
        "addresses": notices.forget_addresses(before=now - ADDRESSES),
    }
    if any(gone.values()):
        audit.record(
            "retention.done", "retention", actor=Actor.system("retention"), now=now, **gone
        )
    return gone

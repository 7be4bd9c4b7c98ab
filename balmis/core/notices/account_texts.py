"""What is written to users of a change of their own account: by mail, whole, with no link and no secret."""

from collections.abc import Callable

from balmis.core.refusal_texts import gettext_noop

# which lines of the trail their owner is told of, and how
TOLD: dict[str, str] = {
    "user.password_changed": gettext_noop("The password was changed."),
    "user.invited": gettext_noop("A link was made with which a new password is chosen."),
    "user.factors_lost": gettext_noop("All second factors were taken off, as they are lost."),
    "user.invitation_used": gettext_noop("A new password was chosen by a link."),
    "user.factor_added": gettext_noop("A second factor was added."),
    "user.factor_removed": gettext_noop("A second factor was taken off."),
    "user.recovery_code_used": gettext_noop("A recovery code was used to sign in."),
    "user.recovery_codes_made": gettext_noop(
        "New recovery codes were made; the old ones are void."
    ),
    "user.pin_set": gettext_noop("The PIN for shared desks was set."),
    "user.pin_removed": gettext_noop("The PIN for shared desks was taken off."),
    "user.address_changed": gettext_noop("The e-mail address of the account was changed."),
    "user.kept": gettext_noop(
        "The account was made or changed: its name, its password or its roles."
    ),
    "user.took_role": gettext_noop("A role at another site was taken in an emergency."),
    "user.role_ended": gettext_noop("A role was ended."),
    "user.disabled": gettext_noop("The account was disabled."),
    "user.enabled": gettext_noop("The account was opened again."),
    "user.provider_tied": gettext_noop("The account was tied to the identity provider."),
    "user.provider_untied": gettext_noop("The account was parted from the identity provider."),
}
# the others: they change nothing of how somebody signs in, or of what they may do
NOT_TOLD = {
    "user.signed_in": "each day's work",
    "user.signed_out": "each day's work",
    "user.returned": "each day's work",
    "user.sign_ins_ended": "only ends what was open",
    "user.sign_in_failed": "anybody can do it to anybody; limited, and on the account's page",
    "user.second_factor_failed": "limited, and on the account's page",
    "user.return_failed": "limited, and on the account's page",
    "user.password_wrong": "limited, and on the account's page",
    "user.provider_refused": "nothing was changed",
}

# by whom
OWN, SIGN_IN, OFFICE = "own", "sign_in", "office"
BY = {
    OWN: gettext_noop("It was done from the account itself."),
    SIGN_IN: gettext_noop("It was done at a sign-in."),
    OFFICE: gettext_noop("It was done by whoever keeps the users."),
}
ADVICE = gettext_noop(
    "If you did not expect this, change your password, end your other sign-ins on “My account”, and "
    "tell whoever keeps the users at once."
)
LINES = (
    gettext_noop("Account: {user}"),
    gettext_noop("When: {when} ({zone})"),
    gettext_noop("This message asks for nothing and holds no link."),
)


def by_whom(actor: str, subject: str) -> str:
    """As the trail names them."""
    if actor == subject:
        return OWN
    return SIGN_IN if actor.startswith("client:") else OFFICE


def compose_account(facts: dict[str, str], say: Callable[[str], str]) -> str:
    """The whole mail, in the language of `say`. `facts`: what and by (words of above), user, when, zone."""
    account, moment, end = (say(line).format_map(facts) for line in LINES)
    parts = (say(TOLD[facts["what"]]), account, moment, say(BY[facts["by"]]))
    return "\n".join([*parts, "", say(ADVICE), "", end])

"""Words of access as pages show them."""

from django.utils.translation import gettext_lazy as _

from balmis.core.vocabulary.access import LookupSign, SignInMeans

MEANS = {
    SignInMeans.PASSWORD: _("password"),
    SignInMeans.INVITATION: _("invitation"),
    SignInMeans.APP: _("password and app"),
    SignInMeans.PASSKEY: _("passkey"),
    SignInMeans.RECOVERY_CODE: _("password and recovery code"),
    SignInMeans.PROVIDER_ALONE: _("identity provider"),
    SignInMeans.PROVIDER: _("identity provider, two factors"),
}
ACCOUNT_ACTS = {
    "user.signed_in": _("Signed in"),
    "user.signed_out": _("Signed out"),
    "user.sign_in_failed": _("A wrong password was tried"),
    "user.password_wrong": _("A wrong password was typed within the account"),
    "user.second_factor_failed": _("A wrong second factor was tried"),
    "user.return_failed": _("A wrong PIN was tried"),
    "user.returned": _("Came back to a locked desk"),
    "user.recovery_code_used": _("A recovery code was used"),
    "user.recovery_codes_made": _("New recovery codes were made"),
    "user.factor_added": _("A second factor was added"),
    "user.factor_removed": _("A second factor was taken off"),
    "user.pin_set": _("The PIN was set"),
    "user.pin_removed": _("The PIN was taken off"),
    "user.password_changed": _("The password was changed"),
    "user.sign_ins_ended": _("Sign-ins were ended"),
    "user.factors_lost": _("All second factors were taken off"),
    "user.address_changed": _("The e-mail address was changed"),
    "user.invited": _("An invitation was made"),
    "user.invitation_used": _("The invitation was used"),
    "user.took_role": _("A role was taken in an emergency"),
    "user.role_ended": _("A role was ended"),
    "user.disabled": _("The account was disabled"),
    "user.enabled": _("The account was opened again"),
    "user.provider_tied": _("The account was tied to the identity provider"),
    "user.provider_untied": _("The account was parted from the identity provider"),
    "user.provider_refused": _("The identity provider named somebody else for it"),
    "user.kept": _("Name or roles were changed"),
}
LOOKUP_SIGNS = {
    LookupSign.MANY: _("%(who)s looked at %(number)d people within an hour"),
    LookupSign.FAMOUS: _("%(number)d users looked at record %(who)s within a day"),
    LookupSign.NIGHT: _("%(who)s looked at %(number)d people by night"),
}

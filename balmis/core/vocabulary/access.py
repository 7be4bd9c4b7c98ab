"""Words of access: the roles that people have, and how they show who they are."""

from enum import StrEnum


class Role(StrEnum):
    PLANNER = "planner"
    AREA_MANAGER = "area_manager"
    SITE_MANAGER = "site_manager"
    VACCINATOR = "vaccinator"
    DOCTOR = "doctor"  # at a site: decides at screening, and past a red check
    REGISTRAR = "registrar"
    STORE_KEEPER = "store_keeper"
    SAFETY_OFFICER = "safety_officer"
    SAFETY_ASSESSOR = "safety_assessor"  # judges causality
    CLINICAL_LEAD = "clinical_lead"  # of safety: may stop a lot alone in an emergency
    RESPONDER = "responder"  # of the rapid response team
    UNIT_COORDINATOR = "unit_coordinator"
    FINANCE_CLERK = "finance_clerk"
    AUDITOR = "auditor"
    PUBLIC = "public"


class FactorRule(StrEnum):
    """Whether a second factor is asked of a user."""

    BY_ROLE = "by_role"
    ALWAYS = "always"
    NEVER = "never"  # a device, or somebody who is let off, which the trail says


class FactorKind(StrEnum):
    APP = "app"  # an authenticator app: codes by time (RFC 6238)
    PASSKEY = "passkey"  # a key that never leaves a device (WebAuthn level 2)


class SignInMeans(StrEnum):
    """By what somebody has shown who they are."""

    PASSWORD = "password"
    INVITATION = "invitation"
    APP = "app"
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery_code"
    PROVIDER_ALONE = "provider_alone"  # it has asked for one factor
    PROVIDER = "provider"  # the province's identity provider


class SignInEnd(StrEnum):
    """Why a sign-in is over."""

    SIGNED_OUT = "signed_out"
    ENDED = "ended"  # by the user, from another browser, or by whoever keeps users
    OVER = "over"  # the shift's length
    GUESSED = "guessed"  # wrong PINs
    REPLACED = "replaced"  # the same person signed in anew on the same browser


class LookupSign(StrEnum):
    """What is unusual about looks at people."""

    MANY = "many"  # people, by one user within an hour
    FAMOUS = "famous"  # one person, by many users in a day
    NIGHT = "night"  # people, by one user while it is night

"""What the program reads from its environment, and what it means.

`docs/reference/settings.md` is written from this table; `tests/architecture/test_reference_pages.py`
fails when the code reads a variable that has no row here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable. `default` is what holds when it is not set, in words or as a value."""

    name: str
    default: str
    meaning: str


DATA = (
    Setting(
        "BALMIS_HOME",
        "/var/lib/balmis for root, else the user's data folder",
        "Data folder: the embedded database, the secret, the demonstration's password. "
        "Its path may hold no space.",
    ),
    Setting(
        "DATABASE_URL",
        "the embedded PostgreSQL",
        "Address of an external PostgreSQL, 15 or newer; `balmis` then starts none. "
        "Read without the command line (`manage.py`, an ASGI server of your own), it is "
        "postgresql:///balmis when not set.",
    ),
    Setting(
        "BALMIS_OWNER_URL",
        "none: the role of DATABASE_URL owns its tables; the embedded PostgreSQL has both",
        "Address of the same database as its owner, who migrates, backs up and restores. The role of "
        "DATABASE_URL is then given no more than the program needs: of what is append-only, to read and to add.",
    ),
    Setting(
        "BALMIS_POOL",
        "20 with `balmis web`; 0 elsewhere",
        "Most connections that a process keeps; 0 keeps no pool.",
    ),
)
WEB = (
    Setting(
        "BALMIS_SECRET_KEY",
        "made once and kept in the data folder",
        "Signs sessions, booking passes and links. All processes of an installation need the same. "
        "Without the command line a new one is made at each start.",
    ),
    Setting(
        "BALMIS_HOSTS",
        "localhost,127.0.0.1,[::1]",
        "Host names that pages and API answer to, by comma.",
    ),
    Setting(
        "BALMIS_ORIGINS",
        "none",
        "Origins that forms may come from, by comma, such as `https://vaccination.example`.",
    ),
    Setting(
        "BALMIS_HTTPS",
        "off",
        "1 behind TLS: secure cookies, HSTS, redirect to https; trusts `X-Forwarded-Proto`.",
    ),
    Setting(
        "BALMIS_PROXIES",
        "0",
        "How many trusted proxies stand in front: limits by client count the address that they "
        "state in `X-Forwarded-For`.",
    ),
    Setting(
        "BALMIS_PASSWORD_KEY",
        "none",
        "A secret that takes part in the digests of passwords. Kept elsewhere than backups; lost, everybody is "
        "invited anew.",
    ),
    Setting(
        "BALMIS_SECOND_FACTOR",
        "planner,area_manager,safety_officer,clinical_lead,finance_clerk,auditor",
        "Roles of which a second factor is asked, by comma, or `none`.",
    ),
    Setting(
        "BALMIS_LOCKS",
        "vaccinator=5,doctor=5,registrar=10,store_keeper=10,responder=15; others 30",
        "After how many minutes without a touch a desk locks itself, by role. What is named here differs.",
    ),
    Setting(
        "BALMIS_LOOKUPS",
        "many=120,famous=8,night=10",
        "When looks at people raise an alarm: so many people in an hour by one user, so many users in a day at one "
        "person, so many people in a night by one user. What is named here differs.",
    ),
    Setting(
        "BALMIS_OIDC_ISSUER",
        "none: no identity provider",
        "The region's identity provider (OpenID Connect), by its issuer's address. Its redirect address here is "
        "`BALMIS_URL` with `/sign-in/provider/back/`.",
    ),
    Setting("BALMIS_OIDC_CLIENT", "none", "As what we are known to it."),
    Setting("BALMIS_OIDC_SECRET", "none", "The secret that it gave us."),
    Setting("BALMIS_OIDC_NAME", "none", "What people call it: `Sign in with …`."),
    Setting(
        "BALMIS_OIDC_USER", "preferred_username", "Its claim that says the name of a user here."
    ),
    Setting(
        "BALMIS_OIDC_NUMBER",
        "none: for staff alone",
        "Its claim that says a resident's national number; then residents show by it who they are.",
    ),
    Setting("BALMIS_OIDC_BORN", "birthdate", "Its claim that says their birthday, as 1950-05-05."),
    Setting("BALMIS_OIDC_SCOPE", "openid profile", "What we ask of it, by blanks."),
    Setting(
        "BALMIS_OIDC_ACR",
        "none: our own second factor is asked where a role asks for one",
        "Values of its claim `acr` that it gives after two factors, by comma.",
    ),
    Setting(
        "BALMIS_DATABASE_FOLDER",
        "(set by `balmis serve`)",
        "Where the database of this machine lies: `/health/ready` says when there is no room left.",
    ),
    Setting(
        "BALMIS_URL",
        "http://127.0.0.1:8321; with `balmis serve`, its own address",
        "The public address, for links in messages.",
    ),
    Setting(
        "BALMIS_METRICS_TOKEN",
        "none: nobody may read them",
        "Bearer token for `/metrics`.",
    ),
    Setting(
        "BALMIS_LOG",
        "INFO for Balmis, WARNING for its libraries",
        "Log level of both. Logs are JSON lines on standard error.",
    ),
)
MESSAGES = (
    Setting(
        "BALMIS_SMS_URL",
        "none: messages are printed by the worker",
        'A gateway that takes `POST {"id", "to", "text"}`.',
    ),
    Setting("BALMIS_SMS_TOKEN", "none", "Bearer token for that gateway."),
    Setting(
        "BALMIS_SMTP_HOST",
        "none: mails are printed by the worker",
        "A mail server that takes mail.",
    ),
    Setting("BALMIS_SMTP_PORT", "25", "Its port."),
    Setting("BALMIS_SMTP_USER", "none", "Its user."),
    Setting("BALMIS_SMTP_PASSWORD", "none", "Its password."),
    Setting("BALMIS_SMTP_TLS", "off", "1: speak STARTTLS with it."),
    Setting("BALMIS_MAIL_FROM", "balmis@localhost", "The sender of mails."),
)
COMMANDS = (
    Setting(
        "BALMIS_PASSWORD",
        "asked for",
        "The password that `balmis user keep` sets, where nobody can type it.",
    ),
    Setting(
        "BALMIS_OPERATOR",
        "SUDO_USER, or the account of the machine",
        "Who runs a command, for the audit trail, where a service's account runs it.",
    ),
    Setting("BALMIS_TRACE", "off", "1: a command that meets a defect shows the whole traceback."),
    Setting(
        "BALMIS_SPARK_MASTER",
        "local[*]",
        "The Spark cluster of `balmis eligibility run --engine spark`.",
    ),
    Setting(
        "BALMIS_SPARK_DIR",
        "the machine's folder for temporary files",
        "A folder that the driver and the workers of Spark share.",
    ),
)
OTHERS = (
    Setting("DJANGO_SETTINGS_MODULE", "balmis.config.settings", "Django's own; leave it alone."),
    Setting("SUDO_USER", "none", "Who has become the account that runs a command; sudo sets it."),
    Setting("JAVA_HOME", "the java of the PATH", "The Java that Spark runs on, 17 or newer."),
    Setting(
        "PYSPARK_PYTHON",
        "the Python that runs Balmis",
        "The Python of Spark's workers (Spark's own).",
    ),
    Setting(
        "XDG_CACHE_HOME",
        "~/.cache",
        "Where the compiled rules of whole populations are kept between runs, below `balmis/`.",
    ),
)
SETTINGS: dict[str, tuple[Setting, ...]] = {
    "Data": DATA,
    "Pages and API": WEB,
    "Messages to people": MESSAGES,
    "Commands": COMMANDS,
    "Of other programs": OTHERS,
}


def rows() -> dict[str, Setting]:
    """All rows by name."""
    return {row.name: row for part in SETTINGS.values() for row in part}

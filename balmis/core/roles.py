"""Who may do what. One table; `access` checks it against a person's grants."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from balmis.core.vocabulary.access import Role


class Act(StrEnum):
    READ_PLAN = "read_plan"
    READ_REPORT = "read_report"
    CHANGE_PLAN = "change_plan"
    CLOSE_DAY = "close_day"
    REGISTER_PEOPLE = "register_people"
    RUN_CLINIC = "run_clinic"
    DECIDE_AS_DOCTOR = "decide_as_doctor"
    SEND_FOR_OTHERS = "send_for_others"
    RECORD_DOSE = "record_dose"
    CORRECT_DOSE = "correct_dose"
    MOVE_STOCK = "move_stock"
    HOLD_LOT = "hold_lot"
    REPORT_EVENT = "report_event"
    READ_PERSON = "read_person"
    PLAN_SESSION = "plan_session"
    BOOK_FOR_OTHERS = "book_for_others"
    KEEP_UNITS = "keep_units"
    LEAD_UNIT = "lead_unit"
    TREAT_REACTION = "treat_reaction"
    WORK_CASES = "work_cases"
    ASSESS_CASE = "assess_case"
    SEND_TEAM = "send_team"
    BE_SENT = "be_sent"
    SIGN_HOLD = "sign_hold"
    STOP_LOT = "stop_lot"
    READ_TRAIL = "read_trail"


_EVERYONE_INSIDE = frozenset(Role) - {Role.PUBLIC}

MAY: dict[Act, frozenset[Role]] = {
    Act.READ_PLAN: _EVERYONE_INSIDE,
    Act.READ_REPORT: _EVERYONE_INSIDE,
    Act.CHANGE_PLAN: frozenset({Role.PLANNER}),
    Act.CLOSE_DAY: frozenset({Role.PLANNER, Role.AREA_MANAGER}),
    Act.REGISTER_PEOPLE: frozenset({Role.PLANNER, Role.REGISTRAR}),
    Act.RUN_CLINIC: frozenset({Role.VACCINATOR, Role.DOCTOR, Role.SITE_MANAGER, Role.REGISTRAR}),
    Act.DECIDE_AS_DOCTOR: frozenset({Role.DOCTOR}),
    Act.SEND_FOR_OTHERS: frozenset({Role.SITE_MANAGER}),
    Act.RECORD_DOSE: frozenset({Role.VACCINATOR, Role.DOCTOR, Role.SITE_MANAGER, Role.REGISTRAR}),
    Act.CORRECT_DOSE: frozenset({Role.VACCINATOR, Role.DOCTOR, Role.SITE_MANAGER, Role.REGISTRAR}),
    Act.HOLD_LOT: frozenset(
        {
            Role.STORE_KEEPER,
            Role.SITE_MANAGER,
            Role.SAFETY_OFFICER,
            Role.AREA_MANAGER,
            Role.CLINICAL_LEAD,
        }
    ),
    Act.MOVE_STOCK: frozenset({Role.STORE_KEEPER, Role.SITE_MANAGER}),
    Act.READ_PERSON: frozenset(
        {
            Role.PLANNER,
            Role.AREA_MANAGER,
            Role.SITE_MANAGER,
            Role.VACCINATOR,
            Role.DOCTOR,
            Role.REGISTRAR,
            Role.SAFETY_OFFICER,
            Role.CLINICAL_LEAD,
        }
    ),
    Act.PLAN_SESSION: frozenset({Role.PLANNER, Role.AREA_MANAGER, Role.SITE_MANAGER}),
    Act.KEEP_UNITS: frozenset({Role.PLANNER, Role.AREA_MANAGER, Role.REGISTRAR}),
    Act.LEAD_UNIT: frozenset({Role.UNIT_COORDINATOR}),
    Act.BOOK_FOR_OTHERS: frozenset({Role.REGISTRAR}),
    Act.REPORT_EVENT: frozenset(
        {Role.VACCINATOR, Role.DOCTOR, Role.SITE_MANAGER, Role.SAFETY_OFFICER, Role.CLINICAL_LEAD}
    ),
    Act.TREAT_REACTION: frozenset({Role.VACCINATOR, Role.DOCTOR, Role.RESPONDER}),
    Act.WORK_CASES: frozenset({Role.SAFETY_OFFICER, Role.CLINICAL_LEAD}),
    Act.ASSESS_CASE: frozenset({Role.SAFETY_ASSESSOR, Role.CLINICAL_LEAD}),
    Act.SEND_TEAM: frozenset(
        {
            Role.VACCINATOR,
            Role.DOCTOR,
            Role.SITE_MANAGER,
            Role.AREA_MANAGER,
            Role.SAFETY_OFFICER,
            Role.CLINICAL_LEAD,
        }
    ),
    Act.BE_SENT: frozenset({Role.RESPONDER}),
    Act.SIGN_HOLD: frozenset({Role.SAFETY_OFFICER, Role.CLINICAL_LEAD, Role.AREA_MANAGER}),
    Act.STOP_LOT: frozenset({Role.CLINICAL_LEAD}),
    Act.READ_TRAIL: frozenset({Role.AUDITOR}),
}


@dataclass(frozen=True, slots=True)
class Office:
    """In which role somebody acts, and where the role holds; nowhere named: everywhere."""

    role: Role
    names: Mapping[str, str] | None  # of the area or the site

    def __str__(self) -> str:
        names = self.names or {}
        return f"{self.role.value} {names.get('en') or next(iter(names.values()), '')}".strip()

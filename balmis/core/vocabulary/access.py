"""Words of access: the roles that people have."""

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

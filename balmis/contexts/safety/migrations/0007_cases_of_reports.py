"""Every report that there is becomes a case of its own."""

from django.db import migrations


def open_cases(apps, schema_editor):
    Report, Case, Note = (apps.get_model("safety", m) for m in ("EventReport", "Case", "CaseNote"))
    for report in Report.objects.select_related("dose").order_by("pk").iterator():
        why = ["death"] if report.died else ["important"] if report.serious else []
        case = Case.objects.create(
            campaign_id=report.campaign_id, dose_id=report.dose_id, event=report.event,
            person_id=report.dose.person_id if report.dose else None, status="received",
            onset_on=report.onset_on, why_serious=why, severity="unknown", certainty="suspected",
            end="died" if report.died else "unknown", narrative="",
            noticed_at=report.recorded_at, received_at=report.recorded_at,
        )
        Note.objects.create(
            case=case, report=report, kind="report", text="", facts={}, at=report.recorded_at,
            recorded_at=report.recorded_at, actor=report.actor,
        )


class Migration(migrations.Migration):

    dependencies = [("safety", "0006_safety_work")]
    operations = [migrations.RunPython(open_cases, migrations.RunPython.noop)]

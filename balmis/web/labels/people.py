"""Words of people: what a list says of them."""

from django.utils.translation import gettext_lazy as _

COLUMNS = {
    "external_id": _("Number"),
    "name": _("Name"),
    "born": _("Date of birth"),
    "born_man": _("Year of birth, man"),
    "born_woman": _("Year of birth, woman"),
    "sex": _("Sex"),
    "area": _("Area"),
    "national_id": _("National number"),
    "romanised_name": _("Name in Latin letters"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "language": _("Language"),
    "group": _("Priority group"),
    "occupation": _("Occupation"),
    "facility": _("Facility"),
    "unit": _("Unit"),
    "condition": _("Condition"),
    "flag": _("Mark"),
    "traits": _("Priority group"),
}

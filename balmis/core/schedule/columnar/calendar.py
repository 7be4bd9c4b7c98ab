"""Calendar arithmetic on day numbers (days since 1970-01-01, negative before).

The proleptic Gregorian calendar in closed form: years counted from March, so that the leap
day is the last of its year. Same meaning as `duration.add_months`.
"""

from balmis.core.schedule.columnar.compiler import njit

NONE = -(2**31)  # no day, no length
FAR = 2**31 - 1  # a day that never comes


@njit(inline="always")
def day_number(year, month, day):
    """The day number of a calendar day."""
    y = year - (month <= 2)
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


@njit()
def add(number, months, days):
    """`months` calendar months, then `days` days; a day that does not exist rolls forward."""
    if months == 0:
        return number + days
    z = number + 719468
    era = z // 146097
    of_era = z - era * 146097
    year_of_era = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted + 2) // 5 + 1
    total = (year_of_era + era * 400) * 12 + shifted + 2 + months  # months since year 0, from 0
    year = total // 12
    month = total - year * 12 + 1
    if day > 28 and day > month_length(year, month):
        day = 1
        month += 1
        if month == 13:
            month = 1
            year += 1
    return day_number(year, month, day) + days


@njit()
def month_length(year, month):
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31

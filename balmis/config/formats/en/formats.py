"""Numbers and dates where Django's own differ from what people here write."""

DATE_FORMAT = "j F Y"
NUMBER_GROUPING = 3
THOUSAND_SEPARATOR = ","
DECIMAL_SEPARATOR = "."

"""Numbers and dates where Django's own differ from what people here write."""

DATE_FORMAT = r"j \t\h\á\n\g n \n\ă\m Y"
NUMBER_GROUPING = 3
THOUSAND_SEPARATOR = "."
DECIMAL_SEPARATOR = ","

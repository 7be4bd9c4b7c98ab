"""Keep equipment, take readings, decide excursions."""

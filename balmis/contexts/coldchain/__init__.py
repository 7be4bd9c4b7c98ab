"""Equipment, its readings, excursions and quarantine."""

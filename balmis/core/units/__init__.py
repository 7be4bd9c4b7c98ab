"""Where a member of a unit's roster stands."""

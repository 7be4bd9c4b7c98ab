"""Sessions, slots, places, bookings, the standby list, openings."""

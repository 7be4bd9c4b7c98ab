"""The coordination desk: report, who is due, sessions, openings, goods."""

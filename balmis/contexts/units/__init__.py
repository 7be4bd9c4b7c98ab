"""Units, their coordinators, their rosters and members' answers."""

"""How alike two people's names, birthdays and numbers are."""

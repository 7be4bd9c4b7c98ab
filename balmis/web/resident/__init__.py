"""What residents do for themselves: book, change, wait, answer, tell."""

"""What shows the program at work: a demonstration, and replays."""

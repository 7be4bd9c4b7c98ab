"""What an installation asks of whoever signs in."""

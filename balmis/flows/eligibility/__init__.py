"""Work out and explain who may have the next dose."""

"""Messages to people: written once, sent later."""

"""The rush: availability, hold, confirm, and nothing else.

A thin ASGI application beside Django. Its rules are the booking pass and the constraints of the
database; it knows no campaign, no schedule and no person. Any number of gates may work on one
database.
"""

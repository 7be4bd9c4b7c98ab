"""The rush with kills: load against real gates and a real database, and a checker of what was said."""

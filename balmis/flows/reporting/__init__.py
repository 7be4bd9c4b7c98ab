"""Make, close and restate the day's report; public figures."""

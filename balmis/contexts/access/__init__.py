"""Users, their grants by area and site, sign-ins that failed."""

"""Plan sessions, sign residents in, reserve, offer places, send notices."""

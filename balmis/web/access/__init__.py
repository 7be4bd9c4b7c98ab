"""One's own account: sign in, come back, second factors, password, PIN, where one is signed in."""

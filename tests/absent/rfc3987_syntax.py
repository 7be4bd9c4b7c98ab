"""Not there for the tests, as it is not there where Balmis runs: only a tool for developers brings it, and
`jsonschema` would compile its grammar for a second in every process."""

raise ImportError("absent, see tests/absent")

"""Load a campaign file; enrol people into its groups."""

"""The planning studio: studies, centres, the committee's report."""

"""Age bands and priority groups of a plan."""

"""Who calls it: JSON over HTTP, version 1."""

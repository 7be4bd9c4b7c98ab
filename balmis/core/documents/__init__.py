"""Files that people write: read with line numbers, checked against their format."""

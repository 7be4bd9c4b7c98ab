"""The coordinator of a unit: roster, blocks, who is missing."""

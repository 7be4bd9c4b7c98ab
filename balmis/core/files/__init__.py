"""Files that people write: YAML with positions, shapes, problems."""

"""Words of the vocabulary as pages show them; numbers as they are written."""

"""Coverage, stock figures, suppression of small counts."""

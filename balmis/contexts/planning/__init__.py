"""Studies: questions to the planning studio, and their answers."""

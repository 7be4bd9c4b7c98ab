"""Real campaigns again, day by day, through the same services as everything else."""

"""Case definitions, deadlines, causality, statistics of signals."""

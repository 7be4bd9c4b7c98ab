"""A centre's day: queues, simulation, sizing, choice of sites."""

"""Plans of doses, and centres with their queues."""

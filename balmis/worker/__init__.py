"""What runs by itself: background work, on PostgreSQL."""

"""The store of a site: shelf, deliveries, transfers, fridges."""

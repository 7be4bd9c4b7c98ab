"""Products, lots, the stock ledger, vials, transfers, deliveries."""

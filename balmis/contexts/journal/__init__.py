"""The audit trail, the outbox, batches, locks, kept reference rows."""

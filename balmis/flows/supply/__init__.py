"""Move stock, count in deliveries, transfer, discard, close a site's day."""

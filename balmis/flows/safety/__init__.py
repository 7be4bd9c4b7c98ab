"""Report events, work on cases, watch for signals, send teams."""

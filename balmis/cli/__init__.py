"""Who runs it: the `balmis` command, on top of everything."""

"""Hold lots, sign hold orders, say what a hold does."""

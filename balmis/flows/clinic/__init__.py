"""Take a visit's steps; record, import and correct doses; paper days."""

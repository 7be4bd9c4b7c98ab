"""What we do: use cases across contexts, one transaction each."""

"""Import, synthesise, register and merge people."""

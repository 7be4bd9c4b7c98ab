"""A population that does not exist: made from published margins with a fixed seed."""

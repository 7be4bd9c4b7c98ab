"""Areas as a tree, and the sites in them."""

"""Who sees it: pages, a package a desk."""

"""Measurements of the product, by itself: `make bench`."""

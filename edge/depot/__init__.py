"""Bench work and lists of parcels."""

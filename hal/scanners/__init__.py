"""Scanners, one family a file."""

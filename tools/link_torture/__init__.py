"""Tortures the link: the real service, a real broker, and a wire between them that does its worst."""

"""The test ladder, from pure decisions to whole stations."""

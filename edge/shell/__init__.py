"""What makes decisions real: clock, journal, link, devices."""

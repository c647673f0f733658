"""`pigeonhole commission`: a person, one door after another, and what that tells of the wiring."""

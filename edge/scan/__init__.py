"""`pigeonhole scan`: a camera in, each symbol that passes it out.  Knows no parcels and no messages."""

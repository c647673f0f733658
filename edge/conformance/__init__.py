"""`pigeonhole conformance`: the contracts of hal/conformance, run on a driver and shown as a table."""

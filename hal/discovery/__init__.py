"""Finding out what hangs on a port by questions that change nothing: see docs/commissioning.md."""

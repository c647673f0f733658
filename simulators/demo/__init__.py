"""The demo: broker, backend, simulated cabinet and the real service, with people who use it."""

"""The contracts of hal/interfaces.py as cases that run on any driver and any device, real or simulated."""

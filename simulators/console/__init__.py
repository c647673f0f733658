"""The operator's page: the simulated cabinet, the devices' wires and the backend's facts on one screen."""

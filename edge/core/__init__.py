"""Pure decisions: no clock, device, log, random or thread."""

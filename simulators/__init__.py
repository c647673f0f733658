"""The devices' wire bytes, written from the vendors' documents; shares no code with what it checks."""

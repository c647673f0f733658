"""Hardware of a station: lock boards, scanners, label printers.

Owns the wires and what is said on them.  Knows nothing of parcels, sessions, MQTT or the journal.
"""

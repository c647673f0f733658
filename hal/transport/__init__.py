"""Bytes and links: serial ports, the Modbus bus, TCP; one owner a line, half-duplex, reconnecting for
ever."""

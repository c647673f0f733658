"""Label printers, one language a file."""

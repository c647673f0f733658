"""Camera drivers: one source of frames a file, all read by the thread of `reader`."""

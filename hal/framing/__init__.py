"""Codecs without I/O, one file a wire protocol: bytes in, frames or "need more" or "discard n" out."""

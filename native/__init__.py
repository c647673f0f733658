"""The C decoder's stages and their typed wrapper ()."""

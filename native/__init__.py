"""The C decoder's stages and `native.barcode`, their typed wrapper and only importer."""

"""`pigeonhole decode`: pictures in, what their barcodes say out.  Knows no parcels and no devices."""

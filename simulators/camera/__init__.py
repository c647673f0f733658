"""A camera over a conveyor belt: parcels with labels pass, and what was on them is known."""

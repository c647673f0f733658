"""The service: decisions in core, what makes them real in shell, pages, labels and bench work around them."""

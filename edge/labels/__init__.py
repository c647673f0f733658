"""Labels as black-and-white pages: text and symbols drawn once, whatever language the printer speaks."""

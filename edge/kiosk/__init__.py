"""The touch screen: a page that draws the `View` and posts `Tap`s, and the small HTTP server that carries both."""

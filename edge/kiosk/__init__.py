"""The touch screen: a page that draws the `View` and posts `Tap`s, and the HTTP server between."""

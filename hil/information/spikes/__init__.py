"""Pixels that no scene made: cosmic hits, telegraph noise, hot pixels, taken out of the frames."""

"""Talking to devices. Knows nothing of sessions, trials or information."""

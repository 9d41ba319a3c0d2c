"""Alembic's environment and the released schemas, as package data."""

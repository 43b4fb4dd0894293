"""Famulus: a personal AI assistant that runs on the user's own computer."""

__version__ = "0.1.0"

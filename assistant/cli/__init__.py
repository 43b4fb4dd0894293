"""Famulus in a terminal."""

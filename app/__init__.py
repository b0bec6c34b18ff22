"""Leadline turns a medical lead's form submission into a booked appointment by text."""

__version__ = "0.1.0"

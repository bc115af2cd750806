"""Outages -> dictionaries and lines: pure."""

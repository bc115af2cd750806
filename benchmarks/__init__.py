"""Measurements, side by side in one run: ratios and medians, as machines are noisy."""

"""The simulated cluster, by itself on a clock stepped by hand, and through our own client at twenty times real time."""

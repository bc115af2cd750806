"""On the dev cluster: defects that are planted on purpose, and healthy workloads between them; run by `make defects`."""

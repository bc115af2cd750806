"""On the dev cluster: defects planted on purpose, and healthy workloads between them; run by `make defects`."""

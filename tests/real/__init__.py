"""On the dev cluster: what users rely on, shown on a real Kubernetes; run by `make e2e`."""

"""The Kubernetes API over HTTP, on loopback."""

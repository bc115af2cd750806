"""The Kubernetes API in our own words: the only package that speaks the official client's."""

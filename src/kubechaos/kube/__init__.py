"""Kubernetes itself: its objects, the shape of its JSON, and one row for each kind."""

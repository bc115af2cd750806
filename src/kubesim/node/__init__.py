"""What happens on nodes: pods are placed, started, probed and ended."""

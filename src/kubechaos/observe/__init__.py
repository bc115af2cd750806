"""Everything that reads the cluster."""

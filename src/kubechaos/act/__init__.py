"""Everything that writes to the cluster."""

"""What keeps the cluster in order, woken by changes: slices, budgets, garbage; and what all controllers share."""

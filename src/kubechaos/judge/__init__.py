"""Records -> facts: pure folds, without I/O, clock, thread or pytest."""

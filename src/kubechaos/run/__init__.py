"""One test's experiments: the order of their steps, their files, and what signals do meanwhile."""

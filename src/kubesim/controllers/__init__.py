"""The controllers of slices, budgets and garbage, and what all controllers share: queues, indexes, events."""

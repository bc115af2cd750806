"""Everything that knows pytest; nothing else in the package does."""

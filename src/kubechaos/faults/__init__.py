"""The faults that can be done to a target; one function for each, one file for each family."""

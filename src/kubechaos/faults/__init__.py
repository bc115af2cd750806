"""What is done to a target; one function for each fault."""

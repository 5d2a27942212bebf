"""Mutation testing: takes away one rule at a time, and shows that a test fails."""

"""The real containers, a small internet round them, and real mail through both."""

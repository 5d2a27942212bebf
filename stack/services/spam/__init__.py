"""Spam preferences of users, and requests to the spam filter."""

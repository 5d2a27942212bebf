"""The container in which the tests run `stack`, and what runs there."""

"""Servers of the tests: mail ports, name servers, sockets."""

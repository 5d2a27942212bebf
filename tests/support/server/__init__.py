"""The server under test: its containers, accounts, queue and ports."""

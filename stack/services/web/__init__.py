"""What the service web serves: for which names, with which certificates."""

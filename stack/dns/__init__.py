"""The DNS: records to publish, DKIM keys, TLSA look-ups, block lists, resolvers."""

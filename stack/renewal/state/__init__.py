"""The state of the renewals in var/acme/state.json, and when to try again."""

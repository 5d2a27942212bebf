"""The rules of SpamAssassin: which set of them is used, and how a newer one is made."""

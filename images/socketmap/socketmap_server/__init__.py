"""Answers the look-ups of Postfix's socketmap: tables (socketmap_table(5))."""

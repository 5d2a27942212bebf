"""To whom a report goes, as what message, and how Postfix gets it."""

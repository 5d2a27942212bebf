"""What both milters share: listening, logging, negotiation, checks of libraries."""

"""What an operator decides in .env: read, checked, typed and written down."""

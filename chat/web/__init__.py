"""What all HTTP and socket code shares. It knows no feature."""

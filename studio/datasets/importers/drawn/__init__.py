"""What annotation tools draw on pictures, read into boxes or into masks."""

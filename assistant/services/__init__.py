"""What Famulus does, without a window and without a terminal."""

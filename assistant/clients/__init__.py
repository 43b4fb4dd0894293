"""The app's ends of its worker processes."""

"""What Famulus keeps on disk: the database of conversations and the settings file."""

"""Model files: where they are, what they hold, whether they are sound. Nothing here loads a model."""

"""The image worker: decodes picture files, which are hostile, in a process of its own."""

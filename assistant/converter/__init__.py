"""The converter worker: makes GGUF adapters of PEFT folders, which are hostile, in a process of its own."""

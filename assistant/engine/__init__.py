"""The engine worker: one loaded model and its KV memory, behind frames. The only room that imports llama_cpp."""

"""Data and pure functions. Standard library and msgspec only; every floor may import this one."""

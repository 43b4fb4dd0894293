"""The shortcut that opens quick chat from any program, one module a system."""

"""Everything that crosses a process border: framing and message types, versioned. Nothing else crosses."""

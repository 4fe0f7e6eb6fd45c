"""Design -> text. A backend reads the Design only."""

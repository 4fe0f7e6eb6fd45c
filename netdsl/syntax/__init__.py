"""Text -> syntax tree. Knows sentence shapes only; no layer, merge or function has a name here."""

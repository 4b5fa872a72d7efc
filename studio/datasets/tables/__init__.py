"""Tables of an upload: reading, kinds of columns, checks of rows, roles of columns."""

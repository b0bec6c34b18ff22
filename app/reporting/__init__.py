"""Reports in the forms in which they are read: a document for programs, a terminal, CSV, a page with charts."""

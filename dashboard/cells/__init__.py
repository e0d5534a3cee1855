"""The cells a page is a column of: each a small Viewer over one model, at home in a notebook too."""

"""How a page is put together: theme, shell, building blocks, and one module a page. Values in, view objects out."""

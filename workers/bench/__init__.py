"""What `marksight bench` measures; one subject a module."""

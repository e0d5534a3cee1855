"""What people and machines talk to: server, command line, API, and the models and cells of the pages."""

"""What is kept: settings, tables, migrations, repositories, queries, the unit of work and the image store."""

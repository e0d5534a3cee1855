-- The database of Marksight and its two roles, made once by whoever administers the server:
--
--   OWNER_PASSWORD=... APP_PASSWORD=... psql "postgresql://postgres@db.plant.example/postgres" -f ops/roles.sql
--
-- Neither role is a superuser, or may make roles or databases. marksight_owner owns the schema and migrates it;
-- marksight_app owns nothing, and gets from each migration exactly the rights that it needs.
\set ON_ERROR_STOP on
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
SET password_encryption = 'scram-sha-256';
CREATE ROLE marksight_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE marksight_app LOGIN PASSWORD :'app_password';
CREATE DATABASE marksight OWNER marksight_owner ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' TEMPLATE template0;
REVOKE ALL ON DATABASE marksight FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE marksight TO marksight_app;
\connect marksight
-- pgvector, where the server has it; only a superuser may.
SELECT 'CREATE EXTENSION IF NOT EXISTS vector' FROM pg_available_extensions WHERE name = 'vector' \gexec

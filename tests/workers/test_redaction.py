"""No secret is left in what is logged, whatever shape it comes in; what is none stays as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from data.settings import Settings
from workers.redaction import PATTERNS, TAKEN_OUT, Redaction, known_secrets
from workers.secret import Kind, make

SECRET = "hunter2-Zq9"

HOSTILE = {
    "password in a database URL": f"connecting to postgresql://app:{SECRET}@db.plant:5432/marksight failed",
    "password without a user": f"redis://:{SECRET}@queue:6379/0",
    "token as the user": f"https://{SECRET}@git.plant/x.git",
    "an @ in the password": f"postgresql://app:a@b{SECRET}@db/marksight",
    "a slash in the password": f"postgresql://app:a/b{SECRET}@db/marksight",
    "two URLs in a line": f"from redis://:x@one to redis://:{SECRET}@two",
    "URL in quotes": f"url='postgresql+asyncpg://app:{SECRET}@db'",
    "keyword argument": f"connect(password='{SECRET}', host='db')",
    "JSON": f'{{"user": "app", "password": "{SECRET}"}}',
    "JSON in a string": f'{{\\"password\\": \\"{SECRET}\\"}}',
    "spaces in quotes": f'password="one two {SECRET} three"',
    "bytes": f"{{b'api_key': b'{SECRET}'}}",
    "DSN": f"host=db user=app password={SECRET} dbname=marksight",
    "upper case": f"PGPASSWORD={SECRET}",
    "environment": f"MARKSIGHT_ADMIN_PASSWORD={SECRET} MARKSIGHT_PORT=80",
    "access key": f"AWS_SECRET_ACCESS_KEY={SECRET}",
    "query string": f"GET /v1/runs?page=2&token={SECRET}&limit=3",
    "signed URL": f"https://s3/bucket/key?X-Amz-Credential={SECRET}&X-Amz-Signature={SECRET}",
    "bearer": f"Authorization: Bearer {SECRET}",
    "bearer in a list of headers": f"[(b'authorization', b'Bearer {SECRET}')]",
    "basic": f"authorization: Basic {SECRET}",
    "cookie": f"Cookie: theme=dark; user={SECRET}; other=1",
    "set-cookie": f"set-cookie: user={SECRET}; HttpOnly",
    "session": f"session_id={SECRET}",
    "a key on several lines": f"-----BEGIN RSA PRIVATE KEY-----\nMIIE{SECRET}\nxx\n-----END RSA PRIVATE KEY-----",
    "a key that is cut off": f"-----BEGIN PRIVATE KEY-----\nMIIE{SECRET}",
    "web token": f"sent eyJhbGciOiJIUzI1NiJ9.eyJ{SECRET}.c2ln along",
    "hash of a password": f"$argon2id$v=19$m=65536,t=3,p=4$c2FsdA${SECRET}",
    "in a database's error": f"[parameters: {{'password_hash': '$argon2id$v=19$m=8$a${SECRET}'}}]",
    "our own": f"GET /welcome/msl_{SECRET}{'A' * 32}",
    "verifier": f"CREATE ROLE app PASSWORD 'SCRAM-SHA-256$4096:{SECRET}'",
    "behind much else": f"{'x ' * 5000}token={SECRET}",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_secret_is_taken_out(text: str) -> None:
    left = Redaction()(text)
    assert SECRET not in left
    assert TAKEN_OUT in left


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("around", ["GET /welcome/{} 200", "{}", "sent '{}'", "token {}."])
def test_a_secret_of_our_own_is_taken_out_wherever_it_stands(kind: Kind, around: str) -> None:
    secret = make(kind)
    left = Redaction()(around.format(secret.text))
    assert secret.text[len(kind) :] not in left
    assert f"{kind}{TAKEN_OUT}" in left


INNOCENT = (
    "inspection 0199-aa, attempt 2: The picture was not judged within 30 s.",
    "watching /srv/drops for station fab 1 / line 2 / station 3",
    "http://127.0.0.1:8080/v1/inspections?limit=5",
    "3 partitions made, 12 idempotency keys forgotten",
    "mail somebody@plant.example",
    "SELECT count(*) FROM results WHERE score >= 9000",
)


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_no_secret_stays(text: str) -> None:
    assert Redaction()(text) == text


def test_what_is_around_a_secret_stays() -> None:
    assert Redaction()(f"a password={SECRET} b") == f"a password={TAKEN_OUT} b"
    assert Redaction()(f"to redis://:{SECRET}@queue:6379/0 now") == f"to redis://{TAKEN_OUT}@queue:6379/0 now"


@pytest.mark.parametrize("form", ["p@ss/wo%rd", "p%40ss%2Fwo%25rd"], ids=["as it is", "as in a URL"])
def test_a_known_secret_is_taken_out_in_whatever_form(form: str) -> None:
    assert Redaction({"p@ss/wo%rd"})(f"it is {form}!") == f"it is {TAKEN_OUT}!"


def test_of_two_known_secrets_the_longer_goes_first() -> None:
    assert Redaction({"secret", "secret-and-more"})("x secret-and-more x") == f"x {TAKEN_OUT} x"


def test_a_short_secret_takes_no_words_out() -> None:
    assert Redaction({"", "a", "post"})("a post") == "a post"


def test_secrets_of_the_settings_are_known(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path,
        database_url=SecretStr("postgresql://app:first-one@db/marksight"),
        redis_url=SecretStr("redis://:second-one@queue"),
        store_url="s3://key:third-one@bucket/prefix",
    )
    assert {"first-one", "second-one", "third-one"} <= known_secrets(settings)
    assert not any("bucket" in each or "marksight" in each for each in known_secrets(settings))


def test_before_anything_is_set_up_no_secret_is_known(tmp_path: Path) -> None:
    assert known_secrets(Settings(home=tmp_path, database_url=None, owner_url=None, redis_url=None)) == frozenset()


EVIL = {
    "one long word": "a" * 65_536,
    "names and nothing behind": "password" * 8_192,
    "open quotes": "token='" * 8_192,
    "begins of URLs": "://a:" * 13_000,
    "begins of keys": "-----BEGIN PRIVATE KEY-----" * 2_400,
    "begins of web tokens": "-eyJaaaaaa." * 6_000,
    "spaces": "bearer " + " " * 65_000,
    "dashes": "-a" * 32_000,
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", EVIL.values(), ids=EVIL)
def test_no_text_takes_for_ever(text: str) -> None:
    assert isinstance(Redaction({"known-secret"})(text), str)


def test_every_pattern_takes_something_out_of_the_texts_above() -> None:
    used = [pattern for pattern, _ in PATTERNS if any(re.search(pattern, text) for text in HOSTILE.values())]
    assert len(used) == len(PATTERNS)

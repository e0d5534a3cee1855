"""From where pages may open sockets and change things."""

from __future__ import annotations

import socket

import pytest

from dashboard.origins import HTTPS, address, allowed_hosts, is_among, is_loopback, is_own


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", {"127.0.0.1:80", "localhost:80", "[::1]:80"}),
        ("localhost", {"127.0.0.1:80", "localhost:80", "[::1]:80"}),
        ("10.1.2.3", {"10.1.2.3:80"}),
        ("::1", {"127.0.0.1:80", "localhost:80", "[::1]:80"}),
        ("fe80::7", {"[fe80::7]:80"}),
        ("Bench-7.Plant", {"bench-7.plant:80"}),
    ],
)
def test_a_server_goes_by_the_address_it_is_bound_to(host: str, expected: set[str]) -> None:
    assert allowed_hosts(host, 80) == expected


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"),  # noqa: S104
     ("fe80::7", "[fe80::7]"), ("[::1]", "[::1]"), ("bench-7.plant", "bench-7.plant")],
)  # fmt: skip
def test_a_server_is_found_at_an_address_that_a_browser_takes(host: str, shown: str) -> None:
    assert address(host, 8080) == f"http://{shown}:8080"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])  # noqa: S104
def test_bound_to_every_address_it_goes_by_the_machines_name(host: str) -> None:
    assert f"{socket.gethostname()}:8080".lower() in allowed_hosts(host, 8080)
    assert "localhost:8080" in allowed_hosts(host, 8080)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("bench.plant", "bench.plant:80"),
        ("bench.plant:8443", "bench.plant:8443"),
        ("[fe80::1]", "[fe80::1]:80"),
        ("[fe80::1]:81", "[fe80::1]:81"),
    ],
)
def test_other_names_come_from_the_setting(more: str, expected: str) -> None:
    assert expected in allowed_hosts("127.0.0.1", 8080, [more])


def test_behind_tls_a_name_without_a_port_is_one_of_https() -> None:
    hosts = allowed_hosts("127.0.0.1", 8080, ["bench.plant", "bench.plant:8443"], unsaid_port=HTTPS)
    assert {"bench.plant:443", "bench.plant:8443", "127.0.0.1:8080"} <= hosts
    assert is_among("bench.plant", hosts, unsaid_port=HTTPS)
    assert is_own("https://bench.plant", hosts)
    assert not is_own("http://bench.plant", hosts)


@pytest.mark.parametrize(
    ("origin", "own"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://LOCALHOST:8080", True),
        ("http://[::1]:8080", True),
        ("http://127.0.0.1:8081", False),
        ("http://127.0.0.1", False),
        ("https://bench.plant", True),
        ("http://bench.plant", False),
        ("http://evil.example", False),
        ("http://127.0.0.1:8080.evil.example", False),
        ("http://evil.example/127.0.0.1:8080", False),
        ("http://127.0.0.1:8080@evil.example", False),
        ("file://127.0.0.1:8080", False),
        ("null", False),
        ("", False),
    ],
)
def test_an_origin_is_own_by_host_and_port(origin: str, *, own: bool) -> None:
    assert is_own(origin, allowed_hosts("127.0.0.1", 8080, ["bench.plant:443"])) is own


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("10.0.0.1", False), ("", False)],  # noqa: S104
)
def test_only_a_loopback_address_is_this_machine_alone(host: str, *, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("name", "ours"),
    [("127.0.0.1:8080", True), ("LocalHost:8080", True), ("[::1]:8080", True), ("bench.plant:443", True),
     ("localhost", False), ("localhost:80", False), ("evil.example:8080", False), ("", False)],
)  # fmt: skip
def test_a_name_is_ours_with_its_port(name: str, *, ours: bool) -> None:
    assert is_among(name, allowed_hosts("127.0.0.1", 8080, ["bench.plant:443"])) is ours

"""Nothing that was accepted is lost: the whole program as a process tree, struck in every way while parts come in."""

import pytest

pytest.register_assert_rewrite("tests.chaos.ledger", "tests.chaos.sender", "tests.chaos.house")

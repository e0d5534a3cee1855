"""`compose.yaml` is what the compose specification says, and everything in it exists in the program.

What is run in it is run in `tests/outside`: the health checks, the roles, the queue's configuration.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from data.settings import Settings
from tests.compose_file import DOCUMENT, SERVICES, SET, Unset, composed, example, filled, named
from tests.conftest import ROOT
from tests.image_file import assert_parses

SCHEMA = ROOT / "tests" / "assets" / "compose-spec.json"
OURS = {name: service for name, service in SERVICES.items() if service["image"] == SET["IMAGE"]}
SECRETS = {"POSTGRES_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD", "QUEUE_PASSWORD", "MINIO_PASSWORD"}
SECRETS |= {"BUCKET_KEY_ID", "BUCKET_SECRET", "SESSION_KEY"}


def test_it_is_valid_by_the_specification() -> None:
    assert list(jsonschema.Draft7Validator(json.loads(SCHEMA.read_text("utf-8"))).iter_errors(DOCUMENT)) == []


def test_what_is_misspelt_in_it_would_be_found() -> None:
    wrong = {**DOCUMENT, "services": {**SERVICES, "server": {**SERVICES["server"], "helthcheck": {}}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, json.loads(SCHEMA.read_text("utf-8")))


def test_the_example_names_the_variables_that_are_read_and_no_others() -> None:
    assert set(example()) == named()


@pytest.mark.parametrize("name", sorted(SECRETS | {"ALLOWED_HOSTS"}))
def test_nothing_starts_without_what_must_be_set(name: str) -> None:
    with pytest.raises(Unset, match=rf"{name}: set it in \.env"):
        composed({**SET, name: ""})


@pytest.mark.parametrize("name", sorted(set(named()) - SECRETS - {"ALLOWED_HOSTS"}))
def test_the_rest_has_a_default(name: str) -> None:
    assert composed({**SET, name: ""})["services"].keys() == SERVICES.keys()


def test_no_secret_stands_in_the_file_or_the_example() -> None:
    assert {name: value for name, value in example().items() if name in SECRETS and value} == {}
    text = (ROOT / "compose.yaml").read_text("utf-8")
    assert re.findall(r"(?i)(?:password|secret|key)\w*: (?!\"?\$\{)\S+", text) == []


FILLED = {
    "set": ("${A:-x}", "a"),
    "unset": ("${B:-x}", "x"),
    "empty": ("${C:-x}", "x"),
    "bare": ("${A}${B}", "a"),
    "a dollar": ("$$A", "$A"),
    "must be": ("${A:?why}", "a"),
}


@pytest.mark.parametrize(("text", "result"), FILLED.values(), ids=FILLED.keys())
def test_variables_are_filled_in_as_compose_does(text: str, result: str) -> None:
    assert filled(text, {"A": "a", "C": ""}) == result


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_pinned_and_every_service_bounded(name: str) -> None:
    service = SERVICES[name]
    assert re.search(r":[^:/]*\d|^marksight:latest$", service["image"])
    assert service["restart"] in {"unless-stopped", "no"}
    if service["restart"] != "no":
        assert set(service["deploy"]["resources"]["limits"]) == {"memory", "cpus"}
        assert service["healthcheck"]["test"]
    assert service["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_can_come(name: str) -> None:
    for other, need in SERVICES[name].get("depends_on", {}).items():
        ends = SERVICES[other]["restart"] == "no"
        assert need["condition"] == ("service_completed_successfully" if ends else "service_healthy")


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_ours_is_a_setting_that_takes_its_value(name: str, tmp_path: Path) -> None:
    variables = {key: value for key, value in OURS[name]["environment"].items() if not key.startswith("AWS_")}
    fields = {key.removeprefix("MARKSIGHT_").lower(): value for key, value in variables.items()}
    assert set(fields) <= set(Settings.model_fields)
    run = subprocess.run(
        [sys.executable, "-c", "from data.settings import settings; settings()"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **variables},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_of_the_program(name: str) -> None:
    assert_parses(OURS[name]["command"])
    check = OURS[name]["healthcheck"]
    if not check.get("disable"):
        kind, program, *arguments = check["test"]
        assert (kind, program) == ("CMD", "marksight")
        assert_parses(arguments)


@pytest.mark.parametrize("name", OURS)
def test_ours_run_without_any_right(name: str) -> None:
    service = OURS[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert "no-new-privileges:true" in service["security_opt"]
    home = service["environment"].get("MARKSIGHT_HOME", "/var/lib/marksight")  # the image's
    mounted = [*service["tmpfs"], *(volume.split(":")[1] for volume in service.get("volumes", ()))]
    assert name == "migrate" or any(Path(home).is_relative_to(place) for place in mounted), "it may write its state"


def test_the_owner_of_the_schema_is_known_to_the_migration_alone() -> None:
    assert [name for name in OURS if "MARKSIGHT_OWNER_URL" in OURS[name]["environment"]] == ["migrate"]


def test_the_port_that_is_published_is_the_servers() -> None:
    assert [port.rsplit(":", 1)[1] for port in SERVICES["server"]["ports"]] == ["8080"]
    assert {service["environment"]["MARKSIGHT_PORT"] for service in OURS.values()} == {"8080"}
    assert SERVICES["server"]["ports"][0].startswith("127.0.0.1:")
    assert [name for name in SERVICES if SERVICES[name].get("ports")] == ["server"]


def test_files_that_are_mounted_are_there_and_volumes_are_declared() -> None:
    volumes = [volume for service in SERVICES.values() for volume in service.get("volumes", ())]
    for source, *_ in (volume.split(":") for volume in volumes):
        if source.startswith("./ops"):
            assert (ROOT / source).is_file()
        elif not source.startswith("."):
            assert source in DOCUMENT["volumes"]


@pytest.mark.parametrize("script", ["postgres-init.sh", "bucket.sh"])
def test_a_script_is_one_for_any_shell(script: str) -> None:
    path = ROOT / "ops" / script
    assert subprocess.run(["sh", "-n", str(path)], check=False).returncode == 0
    assert os.access(path, os.X_OK)

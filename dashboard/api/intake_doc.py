"""What OpenAPI says of posting a picture: its two kinds of body, and everything it may answer."""

from __future__ import annotations

from typing import Any

from dashboard.api import upload
from dashboard.api.errors import documented
from dashboard.api.schemas import InspectionView

_TEXT = {"type": "string", "maxLength": upload.MAX_NAME}
_WHOLE = {
    "row": {"type": "integer", "minimum": 1, "exclusiveMaximum": 2**31},
    "column": {"type": "integer", "minimum": 1, "exclusiveMaximum": 2**31},
    "trigger_number": {"type": "integer", "minimum": 0, "exclusiveMaximum": 2**62},
}
_BESIDE = {
    name: {**_WHOLE.get(name, _TEXT), "description": field.description}
    for name, field in upload.Beside.model_fields.items()
}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A picture: as the file `image` of a form, or as the body itself with its own content type.",
        "content": {
            upload.FORM: {
                "schema": {
                    "type": "object",
                    "required": ["image"],
                    "properties": {
                        "image": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": upload.MAX_PICTURES,
                            "items": {"type": "string", "format": "binary"},
                            "description": "JPEG, PNG, WebP, BMP or TIFF; several are pictures of the same unit.",
                        },
                        **_BESIDE,
                        "lighting": {
                            "type": "array",
                            "maxItems": upload.MAX_PICTURES,
                            "items": _TEXT,
                            "description": "How each picture was lit, in their order.",
                        },
                    },
                }
            },
            "image/*": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
_PROBLEMS = documented(
    "answer-unavailable", "body-too-large", "idempotency-key-invalid", "idempotency-key-reused", "image-animated",
    "image-too-large", "image-too-many-pixels", "image-too-small", "image-truncated", "image-unsupported",
    "lot-disagrees", "lot-not-open", "multipart-invalid", "not-an-image", "origin-refused", "picture-missing",
    "recipe-ambiguous", "recipe-not-published", "recipe-unknown", "reference-unknown", "spool-full", "store-full",
    "store-unavailable", "unsupported-media-type",
)  # fmt: skip
_ACCEPTED: dict[str, Any] = {
    "description": "The picture is kept and will be inspected, whatever happens; look for the verdict at `Location`.",
    "model": InspectionView,
    "headers": {"Location": {"schema": {"type": "string"}, "description": "Where the inspection is."}},
}
_WAITED = "With `wait_ms`: the verdict, or `not_judged` with the reason `TIME_OUT` while the inspection goes on."


ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": _WAITED, "model": InspectionView},
    202: _ACCEPTED,
    **_PROBLEMS,
}

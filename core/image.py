"""From picture bytes to a `Frame`: the only place where a picture is opened.

1. Bytes are counted, and the content (never a name) says the format, before anything is parsed.
2. Width and height are read from the header and checked before any pixel is decoded or allocated.
3. Every pixel must be there: a truncated or damaged picture is refused, never half shown.
4. What comes out is 8-bit BGR, upright as EXIF says, transparency laid over white, 16-bit scaled by the depth in use.
5. Anything else is refused with a code of `REFUSALS`; no other error leaves this module.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps
from PIL.ImageFile import ImageFile

from core.errors import ImageRefused
from core.frame import Frame
from core.image_header import FORMATS, PNG, WEBP, Format, name_of_other, sniff, webp_header

REFUSALS = {
    "not-an-image": "The bytes are no picture of a known kind.",
    "image-unsupported": "The picture is of a kind that is not accepted.",
    "image-truncated": "The picture is cut short or damaged.",
    "image-too-large": "The picture has more bytes than are accepted.",
    "image-too-many-pixels": "The picture has more pixels than are accepted.",
    "image-too-small": "The picture is too small to hold a mark.",
    "image-animated": "The picture holds several pictures.",
}

# What Pillow's decoders raise on damaged input, by its own source; all of it means that the bytes are not whole.
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    zlib.error,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    ArithmeticError,
    Image.DecompressionBombError,
)

# Sensors write 10, 12 or 14 bits into 16; the least depth that holds the brightest pixel is taken as the range in use.
SENSOR_DEPTHS_BITS = (8, 10, 12, 14, 16)

BACKGROUND_BGR = 255  # transparency is laid over white, as a part lies on a white backlight
DIRECT_MODES = {"1", "L", "RGB", "CMYK", "YCbCr", "HSV"}
ALPHA_MODES = {"LA", "La", "PA", "RGBA", "RGBa"}
DEEP_GREY_MODES = {"I;16", "I;16L", "I;16B", "I;16N", "I", "F"}

# EXIF orientation -> how the pixels must be turned to stand upright (EXIF 2.3, tag 0x0112).
TURNS: dict[int, tuple[int | None, bool]] = {
    2: (None, True),
    3: (cv2.ROTATE_180, False),
    4: (cv2.ROTATE_180, True),
    5: (cv2.ROTATE_90_CLOCKWISE, True),
    6: (cv2.ROTATE_90_CLOCKWISE, False),
    7: (cv2.ROTATE_90_COUNTERCLOCKWISE, True),
    8: (cv2.ROTATE_90_COUNTERCLOCKWISE, False),
}


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """Bounds a picture must keep: bytes, pixels (width x height) and least side."""

    max_bytes: int
    max_pixels: int
    min_side_px: int

    def __post_init__(self) -> None:
        if min(self.max_bytes, self.max_pixels, self.min_side_px) < 1:
            raise ValueError(f"expected limits of at least 1, got {self}")


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is known of a picture that was checked: `format` (JPEG, PNG, ...), media type, size as it is shown."""

    format: str
    media_type: str
    width_px: int
    height_px: int


def probe(data: bytes, limits: ImageLimits) -> ImageFacts:
    """Check bounds and integrity of a picture and say what it is.

    Raises:
        ImageRefused: the picture breaks a rule; its code is one of `REFUSALS`.
    """
    form, image = _open(data, limits)
    width, height = _upright_size(image)
    _load(image)
    return ImageFacts(form.name, form.media_type, width, height)


def decode(data: bytes, limits: ImageLimits) -> Frame:
    """Decode a picture into a `Frame`: 8-bit BGR, upright, opaque.

    Raises:
        ImageRefused: the picture breaks a rule; its code is one of `REFUSALS`.
    """
    return examine(data, limits)[1]


def examine(data: bytes, limits: ImageLimits) -> tuple[ImageFacts, Frame]:
    """Say what a picture is, and decode it, in one go: as `probe` and `decode`.

    Raises:
        ImageRefused: the picture breaks a rule; its code is one of `REFUSALS`.
    """
    form, image = _open(data, limits)
    deep_colour = _has_deep_colour(image)  # first: asked for its EXIF, a PNG forgets how its pixels are kept
    facts = ImageFacts(form.name, form.media_type, *_upright_size(image))
    orientation = _orientation(image)
    _load(image)
    if deep_colour:
        return facts, Frame(_turned(_deep_colour(data), orientation))
    try:
        return facts, Frame(_bgr(ImageOps.exif_transpose(image)))
    except DAMAGE as error:
        raise ImageRefused("image-unsupported", f"The picture cannot be converted: {error}.") from error


def _open(data: bytes, limits: ImageLimits) -> tuple[Format, ImageFile]:
    """Return the format and the opened, bounds-checked, not yet decoded picture."""
    if len(data) > limits.max_bytes:
        raise ImageRefused(
            "image-too-large", f"The picture has {len(data):,} bytes; at most {limits.max_bytes:,} are accepted."
        )
    form = _format(data)
    if form is WEBP:
        _check_webp(data, limits)
    try:
        # The plugin is called by itself: `Image.open` would try every plugin installed and warn by a global limit.
        image = form.opener(io.BytesIO(data))  # type: ignore[no-untyped-call, unused-ignore]
        _check_size(image.size, limits)
        if form is PNG:
            form.opener(io.BytesIO(data)).verify()  # the checksum of every chunk, which decoding alone skips
        frames = getattr(image, "n_frames", 1)
    except DAMAGE as error:
        raise ImageRefused("image-truncated", f"The {form.name} header cannot be read: {error}.") from error
    if frames > 1:
        raise ImageRefused("image-animated", f"The {form.name} file holds {frames} pictures; send one at a time.")
    return form, image


def _format(data: bytes) -> Format:
    form = sniff(data)
    if form is not None:
        return form
    accepted = ", ".join(known.name for known in FORMATS)
    other = name_of_other(data)
    if other is not None:
        raise ImageRefused("image-unsupported", f"{other} files are not accepted; send one of {accepted}.")
    raise ImageRefused("not-an-image", f"The {len(data):,} bytes are no picture; send one of {accepted}.")


def _check_webp(data: bytes, limits: ImageLimits) -> None:
    header = webp_header(data)
    if header is None:
        raise ImageRefused("image-truncated", "The WebP header cannot be read.")
    _check_size(header.size_wh, limits)
    if header.animated:
        raise ImageRefused("image-animated", "The WebP file is animated; send one picture at a time.")


def _check_size(size_wh: tuple[int, int], limits: ImageLimits) -> None:
    width, height = size_wh
    if width * height > limits.max_pixels:
        raise ImageRefused(
            "image-too-many-pixels",
            f"The picture is {width} x {height} pixels; at most {limits.max_pixels:,} pixels are accepted.",
        )
    if min(width, height) < limits.min_side_px:
        raise ImageRefused(
            "image-too-small",
            f"The picture is {width} x {height} pixels; each side needs at least {limits.min_side_px}.",
        )


def _load(image: ImageFile) -> None:
    try:
        image.load()
    except DAMAGE as error:
        raise ImageRefused("image-truncated", f"The picture is cut short or damaged: {error}.") from error


def _orientation(image: ImageFile) -> int:
    """Return the EXIF orientation, 1 where there is none or it cannot be read."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except DAMAGE:
        return 1


def _upright_size(image: ImageFile) -> tuple[int, int]:
    width, height = image.size
    # Pillow's TIFF plugin has swapped the sides by itself.
    swapped = _orientation(image) >= 5 and image.format != "TIFF"
    return (height, width) if swapped else (width, height)


def _has_deep_colour(image: ImageFile) -> bool:
    """Say whether a colour picture has 16 bits a channel, of which Pillow would keep the upper eight alone."""
    return image.mode in {"RGB", "RGBA", "RGBX"} and any(";16" in str(tile.args) for tile in image.tile)


def _deep_colour(data: bytes) -> NDArray[np.uint8]:
    """Decode 16-bit colour with OpenCV, which keeps all bits; shape (H, W, 3), uint8, BGR."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ImageRefused("image-unsupported", "The 16-bit picture is of a kind that cannot be decoded.")
    if pixels.ndim == 2:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
    colour = scale_to_8_bits(pixels[:, :, :3])
    if pixels.shape[2] == 4:
        alpha = pixels[:, :, 3:].astype(np.float32) / 65535.0
        colour = np.rint(colour * alpha + BACKGROUND_BGR * (1 - alpha)).astype(np.uint8)
    return np.ascontiguousarray(colour)


def scale_to_8_bits(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale pixels of any depth to 0..255 by the least sensor depth that holds the brightest of them.

    A 12-bit picture in a 16-bit file keeps its contrast; a picture that stays under 256 is taken as it is. Floats
    that stay within 0..1 are taken as such.
    """
    values = np.nan_to_num(np.asarray(pixels, dtype=np.float32), nan=0.0, posinf=65535.0, neginf=0.0)
    brightest = float(values.max(initial=0.0))
    if np.issubdtype(pixels.dtype, np.floating) and brightest <= 1.0:
        full = 1.0
    else:
        full = next((2.0**bits - 1 for bits in SENSOR_DEPTHS_BITS if brightest < 2**bits), max(brightest, 1.0))
    scaled: NDArray[np.uint8] = np.clip(np.rint(values * (255.0 / full)), 0, 255).astype(np.uint8)
    return scaled


def _turned(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    turn, mirrored = TURNS.get(orientation, (None, False))
    if turn is not None:
        pixels = cv2.rotate(pixels, turn).astype(np.uint8, copy=False)
    return np.ascontiguousarray(pixels[:, ::-1] if mirrored else pixels)


def _bgr(image: Image.Image) -> NDArray[np.uint8]:
    """Return the pixels of a loaded picture, shape (H, W, 3), uint8, BGR."""
    if image.mode in DEEP_GREY_MODES:
        return np.repeat(scale_to_8_bits(np.asarray(image))[:, :, None], 3, axis=2)
    if image.mode in ALPHA_MODES or "transparency" in image.info:
        image = _opaque(image)
    elif image.mode not in DIRECT_MODES and image.mode != "P":
        raise ImageRefused("image-unsupported", f"Pictures of colour mode {image.mode} are not accepted.")
    return np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])


def _opaque(image: Image.Image) -> Image.Image:
    rgba = image.convert("RGBA")
    white = Image.new("RGBA", rgba.size, (BACKGROUND_BGR,) * 3 + (255,))
    return Image.alpha_composite(white, rgba)

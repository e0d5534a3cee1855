"""Where the files of a run are dropped and sent from."""

from __future__ import annotations

from typing import Any, ClassVar

import param
from panel.viewable import Child

from layouts.component import Component, script
from layouts.icons import svgs

TUS = "/assets/js/vendor/tus-4.3.1.min.js"
"""tus-js-client, as built by its publisher."""


class FileSender(Component):
    """Takes files, folders and archives by drop, paste or choice and sends them as one run, resumably (tus).

    Bytes go to the API, never through the page's own socket. To begin, `{'begin': key}` is sent and `answer` awaited,
    every other step goes by the API of runs; when a run is under way or cancelled, `{'over': True}` says so.
    """

    answer = param.Dict(default={}, doc="To a wish to begin: its key, the id of the `run` or a `problem` in words.")
    endpoint = param.String(default="/v1/uploads", doc="Where files are sent, as tus 1.0.0 does.")
    form = Child(doc="What is said beside the files; seen until they are sent.")
    label = param.String(doc="What the run is called.")
    library = param.String(default=TUS, doc="Address of tus-js-client.")
    runs = param.String(default="/v1/runs", doc="Where runs are.")
    send = param.String(doc="What files are sent to: `new`, the id of a run that waits for some, or empty: nothing.")

    _constants: ClassVar[dict[str, Any]] = {"icons": svgs("upload", "folder", "close", "pause", "play", "again")}
    _esm = script("file_sender", "address", "sizes", "problem", "taking", "uploading", "unfinished", "long_list")
    _styles = ("dropzone", "file_sender", "states")

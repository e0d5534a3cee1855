"""The kinds of failure of uploads and runs: rows of `dashboard.api.errors.PROBLEMS`."""

from __future__ import annotations

from dashboard.api.problem_kind import ProblemKind

RUN_PROBLEMS: dict[str, ProblemKind] = {
    "checksum-mismatch": ProblemKind(
        460,
        "The piece was damaged on its way",
        "Its bytes are not those of its Upload-Checksum; they were thrown away and the offset is what it was.",
        "Send the piece again.",
    ),
    "digest-mismatch": ProblemKind(
        422,
        "The file was damaged on its way",
        "Its bytes are not those of the SHA-256 that came with it; they were thrown away.",
        "Send the request again; under its Idempotency-Key it goes on with this file.",
    ),
    "files-missing": ProblemKind(
        422,
        "There is no file in the request",
        "The form has no part called file, files or image with a file's name or bytes; nothing was kept.",
        "Add at least one file to the form, behind its fields.",
    ),
    "files-too-many": ProblemKind(
        422,
        "There are too many files in the request",
        "A form may hold 100,000 files; those before came whole.",
        "Send the rest as another run, or all of them as one archive.",
    ),
    "offset-mismatch": ProblemKind(
        409,
        "The piece does not follow what came before",
        "Upload-Offset of the request is not how many bytes of the file are safe; that of the answer is.",
        "Go on from the offset that the answer says.",
    ),
    "run-not-found": ProblemKind(404, "There is no such run", "No run has this id.", "Look for it at /v1/runs."),
    "run-ended": ProblemKind(
        409, "The run has ended", "There is nothing of it left to cancel; its results stay.", "Leave it as it is."
    ),
    "run-nothing-failed": ProblemKind(
        409,
        "There is nothing to try again",
        "No inspection of the run has failed without a verdict; files that were refused are not tried again.",
        "Wait until it has ended, or mend the refused files and send them as another run.",
    ),
    "tus-version": ProblemKind(
        412,
        "This version of resumable uploads is not spoken here",
        "The header Tus-Resumable must say 1.0.0.",
        "Use a client of the protocol tus 1.0.0, or send multipart/form-data.",
    ),
    "upload-busy": ProblemKind(
        423,
        "The file is being sent by another request",
        "Only one request at a time may send a file; the other still does, or its lost connection was not noticed yet.",
        "Wait for the seconds in Retry-After, ask for the offset, and go on.",
    ),
    "upload-ended": ProblemKind(
        410,
        "The upload has ended",
        "It was taken back, given up for lack of bytes, or belongs to a run that takes no more files.",
        "Begin the upload anew, under another Idempotency-Key if it had one.",
    ),
    "upload-incomplete": ProblemKind(
        409,
        "Files of the run are missing",
        "A run is complete when every file that was begun has come whole, and there is at least one.",
        "Send the missing files, or delete those that will not come, then complete it.",
    ),
    "upload-not-found": ProblemKind(
        404, "There is no such upload", "No file that is sent in pieces has this id.", "Begin it at /v1/uploads."
    ),
    "upload-too-long": ProblemKind(
        413,
        "More bytes came than were announced",
        "The piece goes beyond the file's Upload-Length; none of it was kept.",
        "Announce the file with its true length.",
    ),
}

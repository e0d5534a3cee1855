"""What is done with runs from the Runs page: begin, cancel, retry."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from pydantic import ValidationError

from core.errors import MarksightError
from dashboard.api.patterns import in_words
from dashboard.api.run_fields import RunFields
from dashboard.models.run import RunModel
from dashboard.models.sending import SendingModel
from dashboard.page_user import must
from data.outage import AWAY, is_away
from workers.composition import Services
from workers.receiving import Sender, begin

AWAY_WORDS = "The database does not answer; nothing was changed. Try again."


class RunActs:
    """The acts of one open page; each says in words why it was not done."""

    def __init__(self, services: Services, run: RunModel, sending: SendingModel) -> None:
        self.services = services
        self.run = run
        self.sending = sending

    async def begin(self, key: str) -> Mapping[str, str]:
        """Begin a run as the form says, under a key: the same key gives the same run."""
        try:
            user = must("run.submit")
            particulars = RunFields.model_validate(self.sending.fields()).particulars()
            run_id = await begin(self.services, particulars, Sender(user.name, key))
        except ValidationError as error:
            return {"problem": _told(error)}
        except MarksightError as error:
            return {"problem": str(error)}
        except AWAY as error:
            if not is_away(error):
                raise
            return {"problem": AWAY_WORDS}
        return {"run": str(run_id)}

    async def cancel(self) -> None:
        """Cancel the run in view."""
        from workers import runs  # noqa: PLC0415

        await self._do(lambda run_id: runs.cancel(self.services, run_id))

    async def retry(self) -> None:
        """Let the failed inspections of the run in view wait anew."""
        from workers import runs  # noqa: PLC0415

        await self._do(lambda run_id: runs.retry(self.services, run_id))

    async def _do(self, act: Callable[[UUID], Awaitable[object]]) -> None:
        if self.run.busy or not self.run.id:
            return
        asked = self.run.id
        self.run.param.update(busy=True, refusal="")
        refusal = ""
        try:
            must("run.cancel")
            await act(UUID(asked))
        except MarksightError as error:
            refusal = str(error)
        except AWAY as error:
            if not is_away(error):
                raise
            refusal = AWAY_WORDS
        finally:
            if self.run.id == asked:
                self.run.param.update(busy=False, refusal=refusal)


def _told(error: ValidationError) -> str:
    """Return what is wrong with the fields, each by its name."""
    faults = error.errors(include_url=False)
    return " ".join(f"{'.'.join(map(str, fault['loc'])) or 'The run'}: {in_words(fault)}." for fault in faults)

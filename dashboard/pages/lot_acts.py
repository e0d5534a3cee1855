"""What can be done with lots: each a question, and a use case for its answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from uuid import UUID

from core.errors import LotTextInvalid
from core.lot_texts import LotTexts, bound
from core.recipe import Recipe
from core.rights import Action
from dashboard.models.asking import AnswerRefused, AskingModel, Field, Question, Values
from dashboard.models.lots import LotsModel, View
from dashboard.pages.plant_reads import PlantReads
from dashboard.pages.refusals import refusing
from data.queries import recipes
from data.queries.recipe_versions import PublishedVersion
from workers import lots as use_cases
from workers.composition import Services
from workers.lots import LotStart

MAX_CODE = 200
TEXTS = (
    ("date", "Date code", "Year and week, such as 2431, if the marks must say it."),
    ("lot", "Lot code on the mark", "Letters and digits, if the recipe has a place for it."),
    ("trace", "Trace code on the mark", "Letters and digits, if the recipe has a place for it."),
)
NO_RECIPE = ("", "None: the pictures say, or nothing judges them")
MOVES = {
    "hold": (
        "Hold",
        "Put the lot {code} on hold?",
        "Its parts are still taken, and fail for it, until it is released.",
    ),
    "release": ("Release", "Release the lot {code}?", "What came in meanwhile stays failed."),
    "close": ("Close lot", "Close the lot {code}?", "It takes no more parts, for ever."),
}

MAY: Mapping[str, Action] = {"hold": "lot.hold", "release": "lot.release", "close": "lot.close"}


class LotActs:
    """Asks, and does, with the lots of a page; then `changed` is called."""

    def __init__(
        self,
        services: Services,
        asking: AskingModel,
        *,
        reads: PlantReads,
        lots: LotsModel,
        changed: Callable[[], None],
    ) -> None:
        self.services = services
        self.asking = asking
        self.reads = reads
        self.lots = lots
        self.changed = changed

    async def act(self, act: str) -> None:
        """Ask for what is called so; anything else is nothing."""
        if act == "start":
            await self._ask_start()
        elif act == "correct" and self.lots.lot is not None:
            await self._ask_correct(self.lots.lot)
        elif act == "delete" and self.lots.lot is not None:
            self._ask_delete(str(self.lots.lot["code"]))
        elif act in MOVES and self.lots.lot is not None:
            self._ask_move(act, str(self.lots.lot["code"]))

    async def _ask_start(self) -> None:
        bound = await self._bound(self.lots.station)
        if bound is not None:
            code = Field("code", "Code", help="The code that travels with the lot.", mono=True)
            self.asking.ask(Question("Start a lot", "Start lot", self._start, (code, *bound)))

    async def _ask_correct(self, lot: View) -> None:
        code, recipe = str(lot["code"]), lot["recipe"]
        version = str(recipe["version_id"]) if recipe else ""
        fields = await self._bound(str(lot["station"] or ""), version, lot["texts"])

        async def correct(said: Values) -> None:
            version_id = _version_id(said)
            with refusing("lot.start"):
                texts = _texts(said)
                await self._check(version_id, texts)
                bound = {"station": said["station"].strip() or None, "recipe_version": version_id, "texts": texts}
                await use_cases.correct(self.services, code, bound)
            self.changed()

        if fields is not None:
            intro = "It can be corrected as long as no part came for it."
            self.asking.ask(Question(f"Correct the lot {code}", "Save", correct, fields, intro))

    def _ask_delete(self, code: str) -> None:
        async def delete(_: Values) -> None:
            with refusing("lot.start"):
                await use_cases.delete(self.services, code)
            self.lots.selected = ""
            self.changed()

        intro = "It cannot be undone. A lot for which parts came is not deleted."
        self.asking.ask(Question(f"Delete the lot {code}?", "Delete", delete, intro=intro, danger=True))

    async def _bound(
        self, station: str, version: str = "", texts: Mapping[str, str] = MappingProxyType({})
    ) -> tuple[Field, ...] | None:
        """Return what is asked of what a lot binds, with these answers to begin with; None: the database is away."""
        try:
            with refusing("plant.read"):
                stations, versions = await self.reads.station_names(), await self.reads.versions()
        except AnswerRefused as error:
            self.lots.problem = error.detail
            return None
        return (
            Field("station", "Station", value=station, help="Where it is inspected; empty: anywhere.",
                  options=tuple((name, name) for name in stations)),
            Field("recipe", "Recipe version", "select", version, options=(NO_RECIPE, *map(_option, versions)),
                  help="Judges the lot's parts from now on, whatever is published later."),
            *(Field(name, label, value=texts.get(name, ""), help=help_, mono=True) for name, label, help_ in TEXTS),
        )  # fmt: skip

    async def _start(self, said: Values) -> None:
        code = said["code"].strip()
        if not (0 < len(code) <= MAX_CODE and code.isprintable()):
            raise AnswerRefused(f"Expected 1 to {MAX_CODE} characters that can be printed.", "code")
        version_id = _version_id(said)
        station = said["station"].strip() or None
        with refusing("lot.start"):
            texts = _texts(said)
            await self._check(version_id, texts)
            await use_cases.start(self.services, LotStart(code, station, recipe_version=version_id, texts=texts))
        shown = "" if self.lots.state not in {"", "open"} else self.lots.state
        self.lots.param.update(selected=code, state=shown, code="")
        self.changed()

    async def _check(self, version_id: UUID | None, texts: LotTexts) -> None:
        """See that each text fits the recipe, one by one, so that what does not is told at its field.

        Raises:
            LotTextInvalid: one does not, or there is no recipe that could verify it.
        """
        said = texts.to_document()
        if version_id is None:
            if said:
                raise LotTextInvalid("nothing would verify it: choose a recipe version", f"texts.{next(iter(said))}")
            return
        async with self.services.database.session() as session:
            recipe = Recipe.from_document((await recipes.version(session, version_id)).document)
        for name, text in said.items():
            try:
                bound(recipe, LotTexts(**{name: text}))
            except LotTextInvalid as error:
                raise LotTextInvalid(error.detail, f"texts.{name}") from error

    def _ask_move(self, act: str, code: str) -> None:
        word, title, intro = MOVES[act]
        asked = "Reason, if there is one" if act == "close" else "Reason"

        async def move(said: Values) -> None:
            reason = said["reason"].strip()
            if not reason and act != "close":
                raise AnswerRefused("Say why; who looks at the lot later will want to know.", "reason")
            with refusing(MAY[act]):
                await self._move(act, code, reason)
            self.changed()

        field = Field("reason", asked, "long")
        self.asking.ask(Question(title.format(code=code), word, move, (field,), intro, danger=act == "close"))

    async def _move(self, act: str, code: str, reason: str) -> None:
        moves: dict[str, Callable[..., Awaitable[object]]] = {
            "hold": use_cases.hold,
            "release": use_cases.release,
            "close": use_cases.close,
        }
        await moves[act](self.services, code, reason=reason)


def _version_id(said: Values) -> UUID | None:
    return UUID(said["recipe"]) if said["recipe"] else None


def _texts(said: Values) -> LotTexts:
    return LotTexts.from_document({name: said[name] for name, _, _ in TEXTS if said[name].strip()})


def _option(version: PublishedVersion) -> tuple[str, str]:
    told = ", in force" if version.in_force else ""
    return str(version.id), f"{version.name}, version {version.number}{told}"

"""The status line: what runs, what is owed, the latest message; and one-line questions."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import events
from textual.widget import Widget

from cipp_tui.widgets.cells import Cell, Tone
from cipp_tui.widgets.lines import Pieces, TextLine


@dataclass(frozen=True, slots=True)
class Answer:
    """A key, as Textual calls it, and what it stands for."""

    key: str
    words: str
    shown: str = ""  # how the key is written; empty: as it is called


@dataclass(frozen=True, slots=True)
class Question:
    """Asked in one line. `about` is shown on the right where it fits."""

    words: str
    answers: tuple[Answer, ...]
    about: str = ""
    tone: Tone = Tone.PLAIN


class Listening(Widget):
    """Lets a question take its keys: the focus need not move, and nothing is repainted for it."""

    key_taker: Callable[[events.Key], None] | None = None

    def on_key(self, event: events.Key) -> None:
        if self.key_taker is not None:
            self.key_taker(event)


class StatusLine(TextLine):
    """Shows what `say` is told; while a question is open, the question instead.

    A question takes every key; only its answers do anything. `escape` is always one of them and
    means no. It never answers itself.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._told: tuple[Pieces, tuple[Pieces, ...]] = ((), ())
        self._open: asyncio.Future[str | None] | None = None
        self._question: Question | None = None
        self._heard_at: Listening | None = None  # whose keys are taken; None: they come here

    @property
    def asking(self) -> bool:
        """Whether a question is open."""
        return self._open is not None

    def say(self, left: Pieces, *rights: Pieces) -> None:
        self._told = (left, rights)
        if not self.asking:
            super().say(left, *rights)

    async def ask(self, question: Question) -> str | None:
        """Ask; the key that was pressed, or None for escape."""
        self.drop()
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._question, self._open = question, answer
        super().say(*_words(question))
        focused = self.screen.focused
        if isinstance(focused, Listening):
            self._heard_at = focused
            focused.key_taker = self.on_key
        else:
            self.can_focus = True
            self.focus(scroll_visible=False)
        return await answer

    def drop(self) -> None:
        """Take an open question away, unanswered."""
        if self._open is not None:
            self._answer(None)

    def _answer(self, key: str | None) -> None:
        waiting, self._open, self._question = self._open, None, None
        left, rights = self._told
        super().say(left, *rights)
        heard_at, self._heard_at = self._heard_at, None
        if heard_at is not None:
            heard_at.key_taker = None
        else:
            self.can_focus = False
            self.blur()
        if waiting is not None and not waiting.done():
            waiting.set_result(key)

    def on_key(self, event: events.Key) -> None:
        if self._question is None:
            return
        event.stop()
        event.prevent_default()
        if event.key in ("escape", "ctrl+c"):
            self._answer(None)
        elif any(event.key == answer.key for answer in self._question.answers):
            self._answer(event.key)


def _words(question: Question) -> tuple[Sequence[Cell], Sequence[Cell]]:
    left = [Cell(f" {question.words}", question.tone)]
    for answer in question.answers:
        left.append(Cell(f"   {answer.shown or answer.key}", Tone.STRONG))
        left.append(Cell(f" {answer.words}"))
    return left, [Cell(f"{question.about} ")] if question.about else []

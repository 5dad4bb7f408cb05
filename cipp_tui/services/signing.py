"""Who is signed in, and signing in while the list stays readable."""

import asyncio
from collections.abc import Awaitable, Callable

from cipp_tui.api.backend import Backend, BrowserSignIn, DeviceSignIn
from cipp_tui.domain.clock import Clock
from cipp_tui.domain.problems import Problem, RemoteProblem, SignInProblem
from cipp_tui.services.news import NewsDesk
from cipp_tui.services.told import told_problems
from cipp_tui.services.views import Level, SignInState

OFFLINE_WAITS_S = (5.0, 15.0, 60.0)


class Signing:
    """Knows the state of the sign-in and changes it in the background."""

    def __init__(
        self,
        backend: Backend,
        clock: Clock,
        news: NewsDesk,
        on_signed_in: Callable[[], Awaitable[None]],
    ) -> None:
        self._backend = backend
        self._clock = clock
        self._news = news
        self._on_signed_in = on_signed_in
        self._task: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()
        self.state = SignInState.UNKNOWN
        self.user: str | None = None
        self.problem: Problem | None = None
        self.offline: Problem | None = None

    def look(self) -> None:
        """Find out, in the background, whether the services know us."""
        self._task = asyncio.create_task(self._look())

    async def settled(self) -> None:
        """Wait until it is known whether we are signed in.

        Raises: SignInProblem when a sign-in is needed; what keeps us from asking.
        """
        await self._settled.wait()
        if self.state is SignInState.SIGNED_IN:
            return
        raise self.problem or SignInProblem("Nobody is signed in", code="not-signed-in")

    def lost(self, problem: SignInProblem) -> None:
        """A call found that the sign-in has ended."""
        if self.state is not SignInState.PENDING:
            self.state = SignInState.NEEDED
        self.problem = problem

    @property
    def trouble(self) -> str:
        """Why the sign-in is not kept where it should be, as a sentence; empty when it is."""
        return self._backend.sign_in_trouble

    async def begin(self) -> DeviceSignIn:
        """Start a sign-in by device code; it is finished in the background. Raises: Problem."""
        await self._give_up()
        started = await self._backend.begin_sign_in()
        self._wait()
        return started

    async def begin_browser(self) -> BrowserSignIn:
        """Start a sign-in with a browser; it is finished in the background. Raises: Problem."""
        await self._give_up()
        started = await self._backend.begin_browser_sign_in()
        self._wait()
        return started

    def paste(self, text: str) -> None:
        """Take the address that the browser ended on. Raises: SignInProblem; it waits on then."""
        self._backend.paste_address(text)

    async def _give_up(self) -> None:
        """End what waits, and wait for its end: one sign-in at a time."""
        self.cancel()
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task})

    def _wait(self) -> None:
        self.state, self.problem = SignInState.PENDING, None
        self._settled.clear()
        self._task = asyncio.create_task(self._finish())

    def cancel(self) -> None:
        """Give a pending sign-in up."""
        if self.state is SignInState.PENDING:
            self._backend.cancel_sign_in()
            self.state = SignInState.NEEDED

    async def close(self) -> None:
        """End what runs in the background."""
        self._backend.cancel_sign_in()
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _look(self) -> None:
        attempt = 0
        while True:
            try:
                with told_problems("signing in"):
                    user = await self._backend.signed_in()
            except SignInProblem as problem:
                self.state, self.problem = SignInState.NEEDED, problem
                self._settled.set()
                return
            except Problem as problem:
                if self.offline is None:
                    why = "Offline" if isinstance(problem, RemoteProblem) else "Not signed in"
                    self._news.tell(Level.ERROR, f"{why}: {problem}. The stored list is shown.")
                self.offline = self.problem = problem
                self._settled.set()
                await self._clock.sleep(OFFLINE_WAITS_S[min(attempt, 2)])
                attempt += 1
                continue
            self.offline = None
            if user is None:
                self.state = SignInState.NEEDED
                self._settled.set()
            else:
                await self._signed_in(user)
            return

    async def _finish(self) -> None:
        try:
            with told_problems("signing in"):
                user = await self._backend.finish_sign_in()
        except Problem as problem:
            if self.state is SignInState.PENDING:
                self.state, self.problem = SignInState.NEEDED, problem
            self._settled.set()
            return
        await self._signed_in(user)
        self._news.tell(Level.GOOD, f"Signed in as {user}.")

    async def _signed_in(self, user: str) -> None:
        self.user, self.state, self.problem = user, SignInState.SIGNED_IN, None
        try:
            with told_problems("reading the wanted permissions"):
                await self._on_signed_in()
        except SignInProblem as problem:
            self.lost(problem)
        except Problem as problem:
            self.problem = problem
            self._news.tell(Level.ERROR, f"Could not read the wanted permissions: {problem}.")
        if self.trouble:
            self._news.tell(Level.WARNING, self.trouble)
        self._settled.set()

"""Azure Speech's protocol, the server's side: what the Speech SDKs say and are told.

    client: speech.config  (speech.context  audio*  audio without a body)*
    server: turn.start ... turn.end, for each context

A turn is a session of ours, which begins with the first samples. One connection may bring
one turn after another. Clients of old begin a turn with its audio, without a context.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from vivavoce.core.commands import Audio, Finish, Options, Start
from vivavoce.core.errors import BadMessage
from vivavoce.core.events import Interim, Numbered
from vivavoce.dialects.azure_speech_messages import MAX_MESSAGE, Message, parse
from vivavoce.dialects.azure_speech_options import of_query, with_context
from vivavoce.dialects.azure_speech_sound import Sound
from vivavoce.dialects.azure_speech_turn import Promises, Turn
from vivavoce.dialects.base import Ack, Answer, Manners, Ready, Request, Say, Wire

SUBPROTOCOL: Final = "USP"


def nothing(_options: Options) -> Promises:
    """Where nobody knows better."""
    return Promises()


class AzureSpeechDialect:
    """One connection's translator.

    `mode` and `query` are the address's; `seed` makes ids unique beyond the connection; `now`
    tells the time in seconds. `ask` says what the engines will tell of a session with these
    options, and raises `VivavoceError` where there cannot be one.
    """

    manners = Manners(MAX_MESSAGE, SUBPROTOCOL, repeats=True)

    def __init__(
        self,
        seed: str,
        now: Callable[[], float],
        mode: str = "",
        query: Iterable[tuple[str, str]] = (),
        ask: Callable[[Options], Promises] = nothing,
    ) -> None:
        self._seed = seed
        self._now = now
        self._mode = mode
        self._query = tuple(query)
        self._ask = ask
        self._ids = 0
        self._turn: Turn | None = None  # that the client is in
        self._sound: Sound | None = None  # its audio, if there was any
        self._first = 0.0  # when that came
        self._frames = 0
        self._ending = False  # whether all of it is here
        self._open = False  # whether its session is to be finished
        self._started: deque[tuple[Turn, Sound]] = deque()  # of sessions that are not open yet
        self._heard: tuple[Turn, Sound] | None = None  # of the session that is

    def greet(self) -> Sequence[Wire]:
        """Nothing: the client speaks first."""
        return ()

    def receive(self, message: Wire) -> Sequence[Request]:
        """Raises `PeerError` for what is not of the protocol, and for what nobody here can do."""
        return [*self._requests(parse(message))]

    def send(self, answer: Answer) -> Sequence[Wire]:
        if isinstance(answer, Ready) and self._started:
            self._heard = self._started.popleft()
        if self._heard is None:
            return ()
        turn, sound = self._heard
        match answer:
            case Numbered():
                return turn.hear(answer.event, sound.milliseconds)
            case Interim():
                return turn.hear(answer)
            case Ack():
                return turn.hear(None)
        return ()

    def _requests(self, message: Message) -> Iterator[Request]:
        if self._turn is not None and self._turn.over:
            yield from self._finish()  # it heard the phrase that it wanted
        if message.path == "speech.context":
            yield from self._finish()
            yield from self._begin(message)
        elif message.path == "audio":
            if self._turn is None or (self._turn.over and message.request != self._turn.request):
                yield from self._begin(message)
            yield from self._audio(message)

    def _begin(self, message: Message) -> Iterator[Request]:
        if not message.request:
            raise BadMessage(f"{message.path} came without an X-RequestId.")
        asked = of_query(self._mode, self._query)
        if message.path == "speech.context":
            asked = with_context(asked, message.body)
        promises = self._ask(asked.options())
        self._turn = Turn(message.request, asked, promises, self._id, self._now)
        self._sound, self._frames, self._ending = None, 0, False
        yield from map(Say, self._turn.begin())

    def _audio(self, message: Message) -> Iterator[Request]:
        turn = self._turn
        assert turn is not None
        if turn.over or self._ending or message.request != turn.request:
            return
        if not message.body:
            self._ending = True
            if not self._open:
                yield from map(Say, turn.end(0))
            yield from self._finish()
        elif self._sound is None:
            self._sound = Sound(message.media, message.body)
            yield from self._frame(self._sound.first(), turn, self._sound)
        else:
            yield from self._frame(self._sound.frames(message.body), turn, self._sound)
            yield from self._silence(turn, self._sound)

    def _frame(self, frames: Iterable[bytes], turn: Turn, sound: Sound) -> Iterator[Request]:
        for frame in frames:
            if not self._open:
                self._open, self._first = True, self._now()
                self._started.append((turn, sound))
                yield Start(sound.format, turn.asked.options())
            yield Audio(self._frames, frame)
            self._frames += 1

    def _silence(self, turn: Turn, sound: Sound) -> Iterator[Request]:
        """Who wants one phrase is not kept waiting where nobody speaks. The clock counts too:
        a file's first seconds come at once, and nobody has listened to them yet."""
        most = turn.asked.initial_silence_ms
        waited = min(1000 * (self._now() - self._first), sound.milliseconds or 0)
        if turn.asked.once and turn.quiet and not turn.lagging and waited >= most > 0:
            yield from map(Say, turn.end(sound.milliseconds or 0))
            yield from self._finish()

    def _finish(self) -> Iterator[Request]:
        if self._open:
            self._open = False
            yield Finish()

    def _id(self) -> str:
        self._ids += 1
        return f"{self._seed}{self._ids:08x}"

"""The streaming policy: what is decoded, and when."""

import random
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.past import LEAD, SIGHT, Earlier
from vivavoce.core.results import Decided, Heard, Reading, SpeechEnded, SpeechStarted
from vivavoce.core.segmenter import PAUSE, WINDOW, Limits
from vivavoce.core.utterances import Decode, Step, Utterances

LIMITS = Limits(endpoint=16 * WINDOW, max_utterance=60 * WINDOW)
SPEECH = {"#": 0.9, "-": 0.42, ".": 0.05}


def reading(decode: Decode) -> Reading:
    """A word for every five windows, so that hypotheses grow as the window does.

    The first names the word that it is said to follow.
    """
    count = (decode.end - decode.start) // (5 * WINDOW)
    tokens = tuple(decode.start // WINDOW + n for n in range(count))
    text = " ".join(f"w{token}" for token in tokens)
    if decode.before is not None:
        said = decode.before.text or f"l{decode.first // WINDOW}"
        text = f"{said.split()[-1]}>{text}"
    return Reading(text=text, tokens=tokens)


@dataclass
class Play:
    """Plays a pattern of windows, and an engine that answers when it is told to."""

    every: int | None = 16 * WINDOW
    limits: Limits = LIMITS
    continues: bool = False
    asked: list[Decode] = field(default_factory=list)
    waiting: list[Decode] = field(default_factory=list)
    said: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.utterances = Utterances(
            self.limits, interim_every=self.every, model="m", continues=self.continues
        )
        self.position = 0

    def windows(self, pattern: str, *, prompt: bool = True) -> "Play":
        for sign in pattern:
            self.position += WINDOW
            self.take(self.utterances.window(SPEECH[sign], 0.1))
            if prompt:
                self.answer_all()
        return self

    def flush(self) -> "Play":
        self.take(self.utterances.flush(self.position))
        return self.answer_all()

    def answer_all(self) -> "Play":
        while self.waiting:
            self.answer(0)
        return self

    def answer(self, which: int) -> None:
        decode = self.waiting.pop(which)
        self.take(self.utterances.read(decode, reading(decode)))

    def take(self, steps: list[Step]) -> None:
        for step in steps:
            if isinstance(step, Decode):
                assert step.first >= self.utterances.needed, "samples are gone that are asked for"
                self.asked.append(step)
                self.waiting.append(step)
            else:
                self.said.append(step)

    @property
    def finals(self) -> list[Decided]:
        return [step for step in self.said if isinstance(step, Decided)]

    @property
    def heard(self) -> list[Heard]:
        return [step for step in self.said if isinstance(step, Heard)]


def test_silence_asks_for_nothing() -> None:
    play = Play().windows("." * 500).flush()
    assert play.asked == play.said == []


def test_an_utterance_is_asked_for_once_it_may_be_over() -> None:
    """And not again when it is: the answer is there by then."""
    play = Play(every=1000 * WINDOW).windows("#" * 20 + "." * PAUSE)
    assert [decode.final for decode in play.asked] == [True]
    assert [type(step) for step in play.said] == [SpeechStarted, Heard]
    play.windows("." * 10)
    assert len(play.asked) == 1
    assert [type(step) for step in play.said] == [SpeechStarted, Heard, SpeechEnded, Decided]
    assert play.finals[0].text == "w0 w1 w2 w3 w4"


def test_a_guess_that_was_wrong_is_asked_for_again_at_the_end() -> None:
    play = Play(every=1000 * WINDOW).windows("#" * 20 + "." * (PAUSE + 2) + "#" * 20).flush()
    assert [decode.final for decode in play.asked] == [True, True]
    (final,) = play.finals
    assert (final.start, final.end) == (0, play.position)


def test_a_file_is_decoded_once() -> None:
    """Nobody waits for it, and most pauses would be wrong guesses."""
    play = Play(every=None).windows(("#" * 15 + "." * (PAUSE + 2)) * 2 + "." * 10)
    assert [(decode.start, decode.end) for decode in play.asked] == [
        (final.start, final.end) for final in play.finals
    ]


def test_a_wrong_guess_is_shown_as_an_interim() -> None:
    play = Play(every=1000 * WINDOW).windows("#" * 20 + "." * PAUSE)
    assert [heard.end for heard in play.heard] == [play.asked[0].end]


def test_interims_come_every_so_often_while_somebody_speaks() -> None:
    play = Play(every=10 * WINDOW).windows("#" * 45)
    ends = [decode.end // WINDOW for decode in play.asked]
    assert ends == [10, 20, 30, 40]
    assert not any(decode.final for decode in play.asked)
    assert len(play.heard) == 4


def test_interims_extend_the_last_hypothesis() -> None:
    play = Play(every=10 * WINDOW).windows("#" * 25)
    assert [decode.prefix for decode in play.asked] == [(), (0, 1)]
    play.flush()
    assert play.asked[-1].prefix == (), "a final owes nothing to what was heard before"


def test_only_one_interim_is_asked_for_at_a_time() -> None:
    play = Play(every=5 * WINDOW).windows("#" * 50, prompt=False)
    assert len(play.asked) == 1
    play.answer(0)
    play.windows("#", prompt=False)
    assert [decode.end for decode in play.asked[1:]] == [51 * WINDOW]


def test_no_interim_is_asked_for_where_none_is_wanted() -> None:
    play = Play(every=None).windows("#" * 50 + "." * 8 + "#" * 10).flush()
    assert play.heard == []
    assert all(decode.final for decode in play.asked)


def test_finals_wait_for_those_before_them() -> None:
    play = Play(every=None).windows(("#" * 10 + "." * 20) * 3, prompt=False)
    assert play.utterances.undecided == 3
    play.answer(2)
    play.answer(1)
    assert play.finals == []
    play.answer(0)
    assert [final.start for final in play.finals] == sorted(final.start for final in play.finals)
    assert len(play.finals) == 3
    assert play.utterances.undecided == 0


def test_samples_are_needed_until_their_utterance_is_decided() -> None:
    play = Play(every=None).windows("#" * 10 + "." * 60, prompt=False)
    assert play.utterances.needed == 0
    play.answer_all()
    assert play.utterances.needed > 50 * WINDOW


def test_who_goes_on_without_a_pause_is_cut_and_goes_on() -> None:
    play = Play().windows("#" * 150).flush()
    assert len(play.finals) >= 3
    for one, next_one in zip(play.finals, play.finals[1:], strict=False):
        assert one.end == next_one.start
    assert all(final.end - final.start <= 61 * WINDOW for final in play.finals)
    speech = [step for step in play.said if isinstance(step, SpeechStarted | SpeechEnded)]
    assert [type(step) for step in speech] == [SpeechStarted, SpeechEnded]


def test_time_without_audio_ends_an_utterance() -> None:
    play = Play().windows("#" * 20)
    for _ in range(3):
        play.take(play.utterances.tick(4 * WINDOW, play.position))
    assert play.finals == []
    play.take(play.utterances.tick(4 * WINDOW, play.position))
    play.answer_all()
    assert [(final.start, final.end) for final in play.finals] == [(0, play.position)]
    assert play.utterances.tick(100 * WINDOW, play.position) == []


def test_time_counts_from_the_last_audio() -> None:
    play = Play().windows("#" * 20)
    play.take(play.utterances.tick(12 * WINDOW, play.position))
    play.windows("#")
    play.take(play.utterances.tick(12 * WINDOW, play.position))
    assert play.finals == []


def test_limits_may_change() -> None:
    play = Play().windows("#" * 20 + "." * 8)
    play.utterances.limit(Limits(endpoint=9 * WINDOW, max_utterance=60 * WINDOW))
    assert len(play.windows(".").finals) == 1


def test_the_model_is_the_readings_own_where_it_says_one() -> None:
    play = Play().windows("#" * 20, prompt=False)
    play.take(play.utterances.flush(play.position))
    for decode in play.waiting:
        play.take(play.utterances.read(decode, Reading(text="x", model="other")))
    assert [final.model for final in play.finals] == ["other"]


@given(
    st.lists(st.tuples(st.sampled_from("##-.."), st.integers(1, 30)), min_size=1, max_size=25),
    st.integers(1, 40),
    st.randoms(use_true_random=False),
)
def test_finals_do_not_depend_on_when_or_in_which_order_answers_come(
    runs: list[tuple[str, int]], every: int, chance: random.Random
) -> None:
    pattern = "".join(sign * count for sign, count in runs)
    calm = Play(every=None).windows(pattern).flush()
    busy = Play(every=every * WINDOW)
    for sign in pattern:
        busy.windows(sign, prompt=False)
        while busy.waiting and chance.random() < 0.3:
            busy.answer(chance.randrange(len(busy.waiting)))
    busy.take(busy.utterances.flush(busy.position))
    while busy.waiting:
        busy.answer(chance.randrange(len(busy.waiting)))
    assert busy.finals == calm.finals
    assert busy.utterances.undecided == 0
    end, stable, about = 0, "", -1
    for step in busy.said:
        match step:
            case Decided():
                assert end <= step.start < step.end
                end = step.end
            case Heard():
                assert step.start >= end, "a hypothesis about what is decided"
                if step.start != about:
                    about, stable = step.start, ""
                assert step.stable.startswith(stable)
                stable = step.stable
            case _:
                pass


def test_a_final_is_read_together_with_the_one_just_before() -> None:
    play = Play(every=1000 * WINDOW, continues=True)
    play.windows(("#" * 20 + "." * 20) * 2 + "." * 60 + "#" * 20 + "." * 20)
    first, second, third = (decode for decode in play.asked if decode.final)
    assert first.before is None
    assert second.before == Earlier(first.start, second.start, play.finals[0].text)
    assert second.first == first.start
    assert third.before is None, "a long pause lies between"
    assert [final.text.split()[0] for final in play.finals] == ["w0", "w4>w30", "w130"]
    assert [(f.start, f.end) for f in play.finals] == [(d.start, d.end) for d in play.asked]


def test_after_a_long_one_a_final_is_read_together_with_its_last_seconds() -> None:
    limits = Limits(endpoint=16 * WINDOW, max_utterance=2 * SIGHT)
    pattern = "#" * 300 + "." * 20 + "#" * 20 + "." * 20
    prompt = Play(every=1000 * WINDOW, limits=limits, continues=True).windows(pattern)
    _, second = prompt.asked
    assert second.before == Earlier(second.start - LEAD, second.start, "")
    slow = Play(every=1000 * WINDOW, limits=limits, continues=True).windows(pattern, prompt=False)
    assert len(slow.waiting) == 1, "whether the first had words is not known yet"
    assert slow.answer_all().finals == prompt.finals


def test_a_final_that_has_no_words_after_the_one_before_is_read_alone() -> None:
    """The half of a word before it may read as the end of all that was to be said."""
    play = Play(every=1000 * WINDOW, continues=True)
    play.windows("#" * 20 + "." * 20).windows("#" * 20 + "." * 20, prompt=False)
    (together,) = play.waiting
    play.waiting.clear()
    play.take(play.utterances.read(together, Reading(text="", tokens=())))
    (alone,) = play.waiting
    assert (alone.first, alone.end, alone.before) == (together.start, together.end, None)
    play.answer_all()
    assert [final.text.split()[0] for final in play.finals] == ["w0", "w30"]
    nothing = Reading(text="", tokens=())
    play.windows("#" * 20 + "." * 20, prompt=False)
    for _ in range(2):
        play.take(play.utterances.read(play.waiting.pop(), nothing))
    assert play.finals[-1].text == ""


def test_a_file_and_an_engine_that_cannot_be_told_read_each_alone() -> None:
    for play in (Play(every=None, continues=True), Play(every=1000 * WINDOW)):
        play.windows(("#" * 20 + "." * 20) * 3)
        assert len(play.asked) == 3
        assert [decode.before for decode in play.asked] == [None] * 3


def test_a_final_waits_for_the_one_that_it_is_read_with() -> None:
    play = Play(every=1000 * WINDOW, continues=True)
    play.windows(("#" * 20 + "." * 20) * 3, prompt=False)
    assert len(play.waiting) == 1
    play.answer(0)
    assert len(play.waiting) == 1
    play.answer_all()
    assert [final.text.split()[0] for final in play.finals] == ["w0", "w4>w30", "w36>w70"]


@given(
    pattern=st.text("#-.", min_size=100, max_size=400),
    patience=st.lists(st.integers(0, 30), min_size=1, max_size=6),
)
def test_when_answers_come_changes_no_final(pattern: str, patience: list[int]) -> None:
    """Also of finals that are read together."""
    prompt = Play(every=10 * WINDOW, continues=True).windows(pattern).flush()
    slow = Play(every=10 * WINDOW, continues=True)
    for n, sign in enumerate(pattern):
        slow.windows(sign, prompt=False)
        if n % (patience[n % len(patience)] + 1) == 0 and slow.waiting:
            slow.answer(n % len(slow.waiting))
    assert slow.flush().finals == prompt.finals

"""Where utterances begin and end."""

from hypothesis import given
from hypothesis import strategies as st

from vivavoce.core.segmenter import (
    AFTER,
    BEFORE,
    MIN_SPEECH,
    ONSET_WINDOWS,
    PAUSE,
    WINDOW,
    Closed,
    Cut,
    Limits,
    Opened,
    Paused,
    Resumed,
    Segmenter,
)

LIMITS = Limits(endpoint=16 * WINDOW, max_utterance=60 * WINDOW)
PATTERN = {"#": 0.9, "+": 0.6, "-": 0.42, ".": 0.05}  # speech, perhaps, doubt, silence


def feed(segmenter: Segmenter, pattern: str, levels: dict[int, float] | None = None) -> list[Cut]:
    """`levels` by window; 0.1 elsewhere."""
    cuts: list[Cut] = []
    for n, sign in enumerate(pattern):
        cuts += segmenter.feed(PATTERN[sign], (levels or {}).get(n, 0.1))
    return cuts


def closed(cuts: list[Cut]) -> list[Closed]:
    return [cut for cut in cuts if isinstance(cut, Closed)]


def test_a_click_opens_nothing() -> None:
    click = "#" * (MIN_SPEECH - 1)
    segmenter = Segmenter(LIMITS)
    assert feed(segmenter, f"...{click}...{click}....-----....{click}") == []
    assert segmenter.flush(segmenter.position) == []


def test_an_utterance_has_margins_around_its_speech() -> None:
    segmenter = Segmenter(LIMITS)
    cuts = feed(segmenter, "." * 20 + "#" * 10 + "." * 16)
    opened, paused, ended = cuts
    assert opened == Opened(20 * WINDOW - BEFORE, (20 + MIN_SPEECH) * WINDOW)
    assert paused == Paused(30 * WINDOW + AFTER)
    assert ended == Closed(20 * WINDOW - BEFORE, 30 * WINDOW + AFTER)


def test_the_margins_of_two_utterances_do_not_overlap() -> None:
    limits = Limits(endpoint=PAUSE * WINDOW, max_utterance=60 * WINDOW)
    cuts = feed(Segmenter(limits), "." * 9 + "#" * 5 + "." * PAUSE + "#" * 5 + "." * PAUSE)
    first, second = closed(cuts)
    assert first.end <= second.start


def test_a_pause_that_was_none_is_taken_back() -> None:
    segmenter = Segmenter(LIMITS)
    cuts = feed(segmenter, "#" * 5 + "." * (PAUSE + 2) + "#" * 5 + "." * 16)
    assert [type(cut) for cut in cuts] == [Opened, Paused, Resumed, Paused, Closed]
    assert isinstance(cuts[3], Paused)
    assert cuts[4] == Closed(0, cuts[3].end)


def test_what_is_never_certain_is_no_speech() -> None:
    segmenter = Segmenter(LIMITS)
    assert feed(segmenter, "+" * 500) == []
    assert segmenter.position - segmenter.needed <= ONSET_WINDOWS * WINDOW + BEFORE
    (opened,) = feed(segmenter, "++#")
    assert opened == Opened(
        segmenter.position - ONSET_WINDOWS * WINDOW - BEFORE, segmenter.position
    )


def test_speech_that_grows_certain_begins_where_it_began() -> None:
    assert feed(Segmenter(LIMITS), "." * 20 + "+++#")[0] == Opened(
        20 * WINDOW - BEFORE, 24 * WINDOW
    )


def test_doubt_keeps_an_utterance_open_but_opens_none() -> None:
    assert feed(Segmenter(LIMITS), "-" * 40) == []
    assert [type(cut) for cut in feed(Segmenter(LIMITS), "###" + "-" * 30)] == [Opened]


def test_too_long_an_utterance_is_cut_where_it_is_quietest() -> None:
    quiet = range(40, 46)
    segmenter = Segmenter(LIMITS)
    cuts = feed(segmenter, "#" * 60, dict.fromkeys(quiet, 0.01))
    first, going_on = cuts[-2:]
    assert isinstance(first, Closed)
    assert not first.ended
    assert quiet.start * WINDOW <= first.end <= quiet.stop * WINDOW
    assert isinstance(going_on, Opened)
    assert going_on.start == segmenter.start == first.end


def test_a_cut_leaves_at_least_half() -> None:
    cuts = feed(Segmenter(LIMITS), "#" * 60, dict.fromkeys(range(5, 12), 0.001))
    (first,) = closed(cuts)
    assert first.end >= 30 * WINDOW


def test_a_flush_closes_at_the_last_sample() -> None:
    segmenter = Segmenter(LIMITS)
    feed(segmenter, "#" * 10)
    assert segmenter.flush(10 * WINDOW + 77) == [Closed(0, 10 * WINDOW + 77)]
    assert segmenter.start is None
    (again,) = feed(segmenter, "#" * 3)
    assert again == Opened(10 * WINDOW + 77, 13 * WINDOW)


def test_a_flush_in_a_pause_closes_where_the_pause_began() -> None:
    segmenter = Segmenter(LIMITS)
    cuts = feed(segmenter, "#" * 10 + "." * (PAUSE + 3))
    paused = cuts[-1]
    assert isinstance(paused, Paused)
    assert segmenter.flush(segmenter.position) == [Closed(0, paused.end)]


def test_the_rest_of_a_word_that_stalled_is_heard_however_short_it_is() -> None:
    segmenter = Segmenter(LIMITS)
    feed(segmenter, "#" * 10)
    assert segmenter.stall(10 * WINDOW + 77) == [Closed(0, 10 * WINDOW + 77)]
    opened, _, ended = feed(segmenter, "#" + "." * 16)
    assert opened == Opened(10 * WINDOW + 77, 11 * WINDOW)
    assert ended == Closed(10 * WINDOW + 77, 11 * WINDOW + AFTER)


def test_after_a_stall_in_a_pause_a_click_is_a_click() -> None:
    segmenter = Segmenter(LIMITS)
    feed(segmenter, "#" * 10 + "." * (PAUSE + 3))
    assert len(segmenter.stall(segmenter.position)) == 1
    assert feed(segmenter, "#..") == []


def test_a_stall_is_forgotten_in_the_next_silence() -> None:
    segmenter = Segmenter(LIMITS)
    feed(segmenter, "#" * 10)
    segmenter.stall(segmenter.position)
    assert feed(segmenter, ".#..") == []


def test_limits_may_change_in_mid_utterance() -> None:
    segmenter = Segmenter(LIMITS)
    feed(segmenter, "#" * 10 + "." * 8)
    segmenter.limits = Limits(endpoint=9 * WINDOW, max_utterance=60 * WINDOW)
    assert len(closed(feed(segmenter, "."))) == 1


@given(
    pattern=st.lists(
        st.builds(str.__mul__, st.sampled_from("##-.."), st.integers(1, 30)), max_size=25
    ).map("".join),
    levels=st.lists(st.floats(0, 1), min_size=1, max_size=20),
    flush_at=st.integers(0, 400),
    endpoint=st.integers(PAUSE + 1, 40),
    longest=st.integers(30, 90),
)
def test_whatever_comes_utterances_are_in_order_and_bounded(
    pattern: str, levels: list[float], flush_at: int, endpoint: int, longest: int
) -> None:
    segmenter = Segmenter(Limits(endpoint * WINDOW, longest * WINDOW))
    cuts: list[Cut] = []
    needed = 0
    for n, sign in enumerate(pattern):
        cuts += segmenter.feed(PATTERN[sign], levels[n % len(levels)])
        if n == flush_at:
            cuts += segmenter.flush(segmenter.position)
        assert needed <= segmenter.needed <= segmenter.position
        needed = segmenter.needed
    cuts += segmenter.flush(segmenter.position)
    end, opened = 0, None
    for cut in cuts:
        match cut:
            case Opened():
                assert opened is None
                assert end <= cut.start < cut.at <= segmenter.position
                opened = cut.start
            case Paused():
                assert opened is not None
                assert opened < cut.end <= segmenter.position
            case Resumed():
                assert opened is not None
            case Closed():
                assert cut.start == opened
                assert cut.start < cut.end <= segmenter.position
                assert cut.end - cut.start <= (longest + 1) * WINDOW
                end, opened = cut.end, None
    assert opened is None
    spoken = [n for n in range(len(pattern)) if pattern[n : n + MIN_SPEECH] == "#" * MIN_SPEECH]
    if not 0 <= flush_at < len(pattern):  # a flush may fall into a word's beginning
        covered = [(cut.start, cut.end) for cut in closed(cuts)]
        for n in spoken:
            assert any(start <= n * WINDOW + 256 < end for start, end in covered)

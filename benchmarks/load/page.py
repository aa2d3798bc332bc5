"""The section of `docs/benchmarks.md` about many connections."""

from collections.abc import Sequence

from benchmarks.load.figures import DETECTOR, OWN, STEADY, Load, Look, risen

TITLE = "## Many connections"

NOTE = """\
The idle send nothing: eight of ten began a session in our own protocol and are muted (the page
paused, a telephone laid aside), one reads along with such a session by server-sent events, and
one opened OpenAI's protocol and has not begun, for which it has an hour (ours gives 30 seconds).
The speakers read test-other at the pace of speech, each another reader or from elsewhere, in
frames of 100 ms. Where that is more than a machine can decode, interims come more rarely and finals
later; the frames are in the journal. The server admits so many sessions because it was told to
(`max_sessions`); all else is as it is by default. **Memory** is what processes have (PSS), looked
at every 10 seconds, and flat if the line through its second half rises by at most {steady:.0%} of
what it is. **The server's own work** is all that its process does but the VAD, found by looking at
it whenever it has computed for 4 milliseconds, which costs a little and counts as its own."""

EVERY = 60
"""Seconds between two rows of the memory."""


def section(found: Load) -> str:
    """As Markdown, with its heading."""
    made = (
        f"Made by `{found.command}` on {found.day} (Vivavoce {found.version}, {found.machine}), "
        "apart from the rest of this page."
    )
    note = NOTE.format(steady=STEADY)
    return "\n\n".join([TITLE, made, _aims(found), note, _memory(found), _processor(found)])


def renewed(text: str, found: Load) -> str:
    """The page with this section in place of its own, or else before the definitions."""
    begin = text.find(TITLE)
    end = text.index("\n## ", begin) + 1 if begin >= 0 else text.index("## Definitions")
    return f"{text[: begin if begin >= 0 else end]}{section(found)}\n\n{text[end:]}"


def megabytes(look: Look) -> str:
    """For whoever waits."""
    return "  ".join(f"{kind} {size / 1e6:6.1f} MB" for kind, size in sorted(look.memory.items()))


def _aims(found: Load) -> str:
    acks, rise = found.acks, risen(found.course)
    whole = found.served == found.idle and set(found.ended) <= {"finished"} and found.ordered
    rows = [
        (f"{found.idle} idle and {found.speaking} speaking, minutes", "", f"{found.minutes:g}"),
        (
            "connections served to the end, events in order",
            "all",
            "all" if whole else f"{found.served} idle, **{_endings(found)}**",
        ),
        ("frames sent", "", f"{acks.frames}"),
        ("of these not acknowledged", "none", f"{acks.missed}" if acks.missed else "none"),
        (
            "acknowledged after, median / 95 % / the slowest",
            "",
            f"{acks.median * 1e3:.0f} / {acks.most * 1e3:.0f} / {acks.slowest * 1e3:.0f} ms",
        ),
        (
            "memory, rise in the second half",
            f"{STEADY:.0%} or less",
            f"{rise:.1%}" if rise <= STEADY else f"{rise:.1%}, **missed**",
        ),
        (
            "the server's own work, of all processor time",
            f"{OWN:.0%} or less",
            f"{found.own:.1%}" if found.own <= OWN else f"{found.own:.1%}, **missed**",
        ),
        ("interims of a speaker, in a second", "", f"{found.interims:.2f}"),
        ("finals with words", "", f"{found.finals}"),
        ("audio that waited to be heard, at most", "", f"{found.lag:.1f} s"),
        ("latest frame of a client", "", f"{found.behind * 1e3:.0f} ms"),
    ]
    return _table(("", "aim", "found"), rows)


def _endings(found: Load) -> str:
    order = "events in order" if found.ordered else "events out of order"
    return f"speaking ended {', '.join(sorted(set(found.ended)))}, {order}"


def _memory(found: Load) -> str:
    kinds = list(dict.fromkeys(kind for look in found.course for kind in look.memory))
    shown, due = list[Look](), 0.0
    for look in found.course:
        if look.at >= due or look is found.course[-1]:
            shown.append(look)
            due += EVERY
    rows = [
        (
            f"{look.at / 60:.0f}",
            *(f"{look.memory.get(kind, 0) / 1e6:.1f}" for kind in kinds),
            f"{look.all / 1e6:.1f}",
        )
        for look in shown
    ]
    return _table(("memory in MB, after minutes", *kinds, "all"), rows)


def _processor(found: Load) -> str:
    every = sum(found.processes.values())
    own = every * found.own
    rows = [
        *((name, s) for name, s in found.processes.items() if name != "server"),
        ("server, VAD", found.detecting),
        ("server, its own work", own),
        *((f"— `{name}`", s) for name, s in found.parts.items() if name != DETECTOR),
        ("all", every),
        ("the clients, beside it", found.generator),
    ]
    return _table(
        ("processor seconds in a second", "", "of all"),
        [(name, f"{s:.4f}", f"{s / every:.1%}") for name, s in rows],
    )


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

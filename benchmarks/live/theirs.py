"""What is played to a peer: the chorus, alone and in a crowd."""

from dataclasses import dataclass

from benchmarks.live import crowd, whole
from benchmarks.live.audio import Reading
from benchmarks.live.figures import Accuracy, Held, Speed, accuracy, speed
from benchmarks.live.ours import Cores, say
from benchmarks.live.peers import Peer, running


@dataclass(frozen=True)
class Theirs:
    peer: Peer
    speed: Speed | None = None
    accuracy: Accuracy | None = None
    held: Held | None = None
    failed: str = ""  # why it could not be measured


def measure(peer: Peer, ring: list[Reading], cores: Cores, limit: int) -> Theirs:
    try:
        with running(peer, cores) as system:
            say(f"{peer.name}, one stream")
            alone = system.trial([ring[0].part()])
            held = crowd.search(system, ring, alone, cores, limit=limit) if limit else None
        heard = [alone.heard[0].text]
        at_leisure = _whole(peer, ring[:1], heard)
        return Theirs(peer, speed([alone]), accuracy(ring[:1], heard, at_leisure), held)
    except Exception as error:  # whatever it is: half an hour of others' figures is not lost
        reason = str(error) or repr(error)
        say(f"{peer.name} cannot be measured: {reason}")
        return Theirs(peer, failed=reason)


def _whole(peer: Peer, readings: list[Reading], heard: list[str]) -> list[str]:
    """What its model reads at leisure."""
    if peer.server:
        return whole.whisper(readings)
    if peer.name == "moonshine":
        return [whole.moonshine(one) for one in readings]
    return heard  # it decodes a stream and a file alike

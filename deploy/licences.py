"""Print what is installed beside this, and under which licences: for the container's list.

Wheels bring libraries along that their own licence says nothing of. PyAV's bring FFmpeg built with
x264 and x265, which are under the GPL; so is, then, the whole that is given on with them.

usage: python deploy/licences.py       (with the Python whose packages are meant)
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions

BUNDLED = {
    "libSvtAv1Enc": "BSD-3-Clause-Clear",
    "libXau": "MIT",
    "libasound": "LGPL-2.1-or-later",
    "libavcodec": "GPL-3.0-or-later (FFmpeg with x264, x265 and version 3 parts)",
    "libavdevice": "GPL-3.0-or-later (FFmpeg)",
    "libavfilter": "GPL-3.0-or-later (FFmpeg)",
    "libavformat": "GPL-3.0-or-later (FFmpeg)",
    "libavutil": "GPL-3.0-or-later (FFmpeg)",
    "libcrc32c": "BSD-3-Clause",
    "libctranslate2": "MIT",
    "libdav1d": "BSD-2-Clause",
    "libdrm": "MIT",
    "libgfortran": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libgmp": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "libgnutls": "LGPL-2.1-or-later",
    "libgomp": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libhogweed": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "libmp3lame": "LGPL-2.0-or-later",
    "libnettle": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "libonnxruntime": "MIT",
    "libopencore-amrnb": "Apache-2.0",
    "libopencore-amrwb": "Apache-2.0",
    "libopus": "BSD-3-Clause",
    "libquadmath": "LGPL-2.1-or-later",
    "libscipy_openblas64_": "BSD-3-Clause",
    "libsharpyuv": "BSD-3-Clause",
    "libswresample": "GPL-3.0-or-later (FFmpeg)",
    "libswscale": "GPL-3.0-or-later (FFmpeg)",
    "libunistring": "LGPL-3.0-or-later OR GPL-2.0-or-later",
    "libvpl": "MIT",
    "libvpx": "BSD-3-Clause",
    "libwebp": "BSD-3-Clause",
    "libwebpmux": "BSD-3-Clause",
    "libx264": "GPL-2.0-or-later",
    "libx265": "GPL-2.0-or-later",
    "libxcb": "MIT",
    "libxcb-shape": "MIT",
    "libxcb-shm": "MIT",
    "libxcb-xfixes": "MIT",
}
"""Licences of the libraries that wheels bring along, by the library's name."""


def licence(found: Distribution) -> str:
    """As its own metadata say it, in one line."""
    data = found.metadata
    classifiers = [
        name.rpartition(" :: ")[2]
        for name in data.get_all("Classifier") or []
        if name.startswith("License :: ")
    ]
    whole = str(data["License"] or "") if "License" in data else ""
    first = whole.strip().partition("\n")[0]
    expression = str(data["License-Expression"]) if "License-Expression" in data else ""
    return expression or ", ".join(classifiers) or first or "see its files"


def bundled(found: Distribution) -> Iterator[str]:
    """Libraries in the folder that auditwheel puts them in: `libx264-d6533a8d.so.165`: libx264."""
    for file in found.files or []:
        if file.parts[0].endswith(".libs") and ".so" in file.name:
            yield re.sub(r"(-[0-9a-f]{8})+(\.[\d.]+)?\.so.*$", "", file.name)


def lines() -> Iterator[str]:
    for found in sorted(distributions(), key=lambda each: each.metadata["Name"].lower()):
        yield f"{found.metadata['Name']} {found.version}: {licence(found)}"
        for library in sorted(set(bundled(found))):
            yield f"    {library}: {BUNDLED.get(library, 'unknown')}"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in lines())

"""Run a command with what a systemd unit forbids forbidden, where there is no systemd.

usage: python confine.py FILTER COMMAND...

FILTER is a file with the names of the system calls that are allowed, as JSON. What a unit says of
folders, devices and addresses is not done.
"""

import ctypes
import errno
import json
import os
import sys
from pathlib import Path
from typing import Final

ALLOW: Final = 0x7FFF0000
ERRNO: Final = 0x00050000  # and the number
PR_SET_NO_NEW_PRIVS: Final = 38


def forbid_others(names: list[str]) -> None:
    """Every other call answers EPERM from now on, in children too."""
    lib = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    lib.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(lib.seccomp_init(ctypes.c_uint32(ERRNO | errno.EPERM)))
    for name in names:
        number = lib.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # others are of other processors
            lib.seccomp_rule_add(context, ctypes.c_uint32(ALLOW), number, 0)
    if lib.seccomp_load(context):
        raise SystemExit("The filter cannot be loaded.")


def main() -> None:
    names, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    forbid_others(json.loads(Path(names).read_text()))
    os.execv(command[0], command)


if __name__ == "__main__":
    main()

"""Finds and removes what labs that were killed left behind; exit 1 when there was anything.

A namespace or folder is named bl-PID-...; only those whose process is gone are touched.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile


def dead(name):
    found = re.match(r"bl-(\d+)-", name)
    return found and not pathlib.Path(f"/proc/{found.group(1)}").exists()


def left_behind(path):
    """Its process is gone and it is there: one that ended since the list was made took it along."""
    return dead(path.name) and path.exists()


def main():
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout
    names = [line.split()[0] for line in listed.splitlines()]
    left = [n for n in names if left_behind(pathlib.Path("/run/netns", n))]
    for name in left:
        pids = subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True).stdout
        for pid in pids.split():
            print(f"left behind in {name}: process {pid}")
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        print(f"left behind: namespace {name}")
        subprocess.run(["ip", "netns", "delete", name], check=False)
    for folder in pathlib.Path(tempfile.gettempdir()).glob("bl-*"):
        if left_behind(folder):
            print(f"left behind: folder {folder}")
            left.append(folder)
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())

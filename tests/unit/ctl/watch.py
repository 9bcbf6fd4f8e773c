#!/usr/bin/python3
"""--watch: pages on a terminal and elsewhere, its end by SIGINT: watch.py FAKE_DAEMON CLIENT"""
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

PATIENCE_S = 30
CLEAR, HOME, END = b"\033[2J", b"\033[?7l\033[H", b"\033[J\033[?7h"


def read_until(fd, enough):
    data, end = b"", time.monotonic() + PATIENCE_S
    while not enough(data):
        left = end - time.monotonic()
        assert left > 0 and select.select([fd], [], [], left)[0], data
        data += os.read(fd, 65536)
    return data


def on_a_terminal(client, run_dir):
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 5, 60, 0, 0))
    watch = subprocess.Popen([client, "--run-dir", run_dir, "show", "config", "--watch", "1"],
                             stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    data = read_until(master, lambda d: d.count(END) >= 2)
    first, second = data.split(END)[:2]
    assert first.startswith(CLEAR + HOME), first
    assert second.startswith(HOME) and CLEAR not in second, second
    for page in (first, second):
        lines = page.split(b"\r\n")
        assert len(lines) == 5, lines  # the last is empty: the cursor stays on the screen
        assert b", every 1 s\033[K" in lines[0], lines
        assert lines[-2] == b"(more lines: 1)\033[K", lines
    watch.send_signal(signal.SIGINT)
    assert watch.wait(PATIENCE_S) == 0
    os.close(master)


def elsewhere(client, run_dir):
    watch = subprocess.Popen([client, "--run-dir", run_dir, "show", "vrfs", "--watch"],
                             stdout=subprocess.PIPE)
    data = read_until(watch.stdout.fileno(), lambda d: d.count(b"\n\n") == 1 and d.count(b"VRF ") == 2)
    assert b"\033" not in data, data
    watch.send_signal(signal.SIGINT)
    assert watch.wait(PATIENCE_S) == 0
    watch.stdout.close()


def refused(client, run_dir):
    for words in (["reload", "--watch"], ["status", "--watch=0"], ["status", "--watch=2s"]):
        done = subprocess.run([client, "--run-dir", run_dir, *words], capture_output=True,
                              timeout=PATIENCE_S, check=False)
        assert done.returncode == 64 and b"--watch" in done.stderr, done


def main():
    fake, client = sys.argv[1:3]
    with tempfile.TemporaryDirectory(prefix="ctl-watch-") as run_dir:
        daemon = subprocess.Popen([fake, run_dir], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            daemon.stdout.readline()
            on_a_terminal(client, run_dir)
            elsewhere(client, run_dir)
            refused(client, run_dir)
        finally:
            daemon.stdin.close()
            daemon.wait(timeout=10)


main()

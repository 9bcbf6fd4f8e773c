"""A helper program of the lab in a namespace, asked and answering with a JSON line each.

The programs are the files of this folder named agent_*.py; each begins with `serve`.
"""
import json
import os
import pathlib
import select
import subprocess
import sys
import time

from .util import LabError

HERE = pathlib.Path(__file__).resolve().parent


class Helper:
    """The asking side. Commands are keyword arguments; an answer {"error": ...} is raised."""

    def __init__(self, ns, script, *args):
        self.ns, self.script = ns, script
        argv = ["/usr/bin/python3", "-m", f"lab.{script}", *[str(a) for a in args]]
        env = dict(os.environ, PYTHONPATH=str(HERE.parent), PYTHONDONTWRITEBYTECODE="1")
        self.popen = subprocess.Popen(ns.wrap(argv), stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True, bufsize=1, env=env)
        ns.lab.helpers.append(self)
        self._answer(20)

    def _answer(self, timeout):
        if not select.select([self.popen.stdout], [], [], timeout)[0]:
            raise LabError(f"{self.script} did not answer within {timeout} s")
        line = self.popen.stdout.readline()
        if not line:
            raise LabError(f"{self.script} ended with status {self.popen.wait(5)}")
        answer = json.loads(line)
        if isinstance(answer, dict) and "error" in answer:
            raise LabError(f"{self.script}: {answer['error']}")
        return answer

    def ask(self, cmd, timeout=60, **args):
        self.popen.stdin.write(json.dumps(dict(args, cmd=cmd)) + "\n")
        self.popen.stdin.flush()
        return self._answer(timeout)

    def kill(self):
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()
        self.popen.stdin.close()
        self.popen.stdout.close()


def say(answer):
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def serve(commands, sources=(), tick=None):
    """The answering side: a loop until stdin ends.

    commands: {cmd: function(**args) -> JSON value}; sources: {fd or socket: function()};
    tick: function() -> seconds until it wants to be called again.
    """
    sources = dict(sources)
    pending = b""
    os.set_blocking(0, False)
    say("ready")
    while True:
        timeout = tick() if tick else None
        ready = select.select([0, *sources], [], [], timeout)[0]
        for source in ready:
            if source != 0:
                sources[source]()
        if 0 not in ready:
            continue
        data = os.read(0, 65536)
        if not data:
            return
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            args = json.loads(line)
            try:
                say(commands[args.pop("cmd")](**args))
            except Exception as e:  # goes to the asking test, which fails with it
                say({"error": f"{type(e).__name__}: {e}"})


def realtime(priority):
    """SCHED_FIFO where we may; probes that measure milliseconds must not wait for a processor."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except OSError:
        os.nice(-10)


def monotonic_of(realtime_s):
    """A CLOCK_REALTIME stamp of the last moments in CLOCK_MONOTONIC."""
    return realtime_s - (time.time() - time.monotonic())

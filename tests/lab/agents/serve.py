"""The answering side of lab.Helper, and clocks: what all agents share."""
import json
import os
import select
import sys
import time


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
    """SCHED_FIFO where we may; probes that measure milliseconds must not wait for a processor.

    Not in User-Mode Linux: its one processor is slow enough for a probe to starve the rest.
    """
    if "BGPD_LITE_UML" in os.environ:
        return
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except OSError:
        os.setpriority(os.PRIO_PROCESS, 0, -20)


def monotonic_of(realtime_s):
    """A CLOCK_REALTIME stamp of the last moments in CLOCK_MONOTONIC. Of three readings of both, that
    counts which took least: this process may stand still between the two."""
    readings = []
    for _ in range(3):
        before, now, after = time.monotonic(), time.time(), time.monotonic()
        readings.append((after - before, now - (before + after) / 2))
    return realtime_s - min(readings)[1]

"""Who may use which processor in a bench with BFD: one call of the speaker into the kernel (a group of 100000
routes replaced: 0.16 s) holds its processor for longer than a detection time, whatever priority waits for it."""
import os

LAST = {max(os.sched_getaffinity(0))}  # lib/cpus.h
REALTIME_PRIORITY = 30


def keep_off_routes(agent):
    """A gateway is another machine: its BFD does not wait for the processor that writes our routes."""
    os.sched_setaffinity(agent.helper.popen.pid, LAST)


def as_under_unit(node):
    """What the daemon's processes do themselves where LimitRTPRIO= of the unit is granted: a lab's daemon may
    not be granted it. Again after each start."""
    pids = {name[-3:]: pid for name, pid in node.pids().items()}
    os.sched_setscheduler(pids['bfd'], os.SCHED_FIFO, os.sched_param(REALTIME_PRIORITY))
    os.sched_setaffinity(pids['bfd'], LAST)
    os.sched_setaffinity(pids['fib'], os.sched_getaffinity(0) - LAST or LAST)

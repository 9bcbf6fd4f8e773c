"""Small things all of the lab uses: waiting, prefixes, where the build is."""
import ipaddress
import os
import pathlib
import sys
import time


class LabError(AssertionError):
    """The lab could not do what it was told, or what was waited for did not happen."""


class Ended(LabError):
    """A program that should run does not; waiting for what it should do is over at once."""


def wait_for(predicate, timeout, what, interval=0.02):
    """Calls predicate until it returns something true, which is returned.

    An exception of the predicate counts as "not yet" (but Ended goes on to the caller). After `timeout` seconds LabError says
    what was waited for and the predicate's last value or exception.
    """
    end = time.monotonic() + timeout
    while True:
        try:
            last = predicate()
            if last:
                return last
        except Ended:
            raise
        except (OSError, ValueError, LookupError, TypeError, LabError) as e:
            last = e
        if time.monotonic() >= end:
            raise LabError(f"waited {timeout} s in vain for: {what}; last seen: {last!r:.2000}")
        time.sleep(interval)


def prefixes(block, length, n):
    """The first n prefixes of `length` bits in `block`, as text."""
    net = ipaddress.ip_network(block)
    step = 1 << (net.max_prefixlen - length)
    if n > 1 << (length - net.prefixlen):
        raise LabError(f"{block} has no {n} prefixes of length {length}")
    make = type(net.network_address)
    first = int(net.network_address)
    return [f"{make(first + i * step)}/{length}" for i in range(n)]


def source_root():
    return pathlib.Path(__file__).resolve().parents[2]


def build_dir():
    """The build to test: BGPD_LITE_BUILD (set by the runner from its argument), else build/."""
    return pathlib.Path(os.environ.get("BGPD_LITE_BUILD") or source_root() / "build").resolve()


def out_dir():
    """A folder for what a run wants to keep, writable also in User-Mode Linux."""
    path = pathlib.Path(os.environ.get("BGPD_LITE_OUT") or build_dir() / "out")
    path.mkdir(parents=True, exist_ok=True)
    return path


def sanitized():
    """True under ASan/UBSan: absolute times are then not measured (never judged more loosely)."""
    return os.environ.get("BGPD_LITE_SANITIZED") == "1"


def tail(path, lines=25):
    try:
        text = pathlib.Path(path).read_text(errors="replace").splitlines()
    except OSError as e:
        return f"({e})"
    return "\n".join(text[-lines:])


def note(text):
    """A line for whoever watches the run."""
    print(text, file=sys.stderr, flush=True)

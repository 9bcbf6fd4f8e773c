"""A scripted BFD peer: a good single-hop speaker that a test can make silent, stubborn or bad."""
from .helper import Helper
from .util import wait_for

ADMIN_DOWN, DOWN, INIT, UP = range(4)
POLL, FINAL, CONTROL_PLANE_INDEPENDENT = 0x20, 0x10, 0x08


class BfdPeer:
    """Runs in a process of its own with real-time priority. Intervals in ms. checksum: the UDP
    checksum over IPv6."""

    def __init__(self, ns, local, remote, tx=50, rx=50, mult=3, device=None, silent=False,
                 checksum=True):
        args = [local, remote, "--tx", tx, "--rx", rx, "--mult", mult]
        args += ["--device", device] if device else []
        args += ["--silent"] if silent else []
        args += [] if checksum else ["--no-checksum"]
        self.helper = Helper(ns, "bfd", *args)

    def info(self):
        """state, diag, remote_state, sent, received, last_rx, my, your, transitions (a list of
        [time, state, why])."""
        return self.helper.ask("info")

    def state(self):
        return self.info()["state"]

    def wait_state(self, state, timeout=30):
        wait_for(lambda: self.state() == state, timeout, f"BFD state {state} at the scripted peer")

    def received(self, since=0.0):
        """Packets as dicts: time, ttl, diag, state, flags, mult, my, your, tx_us, rx_us."""
        return self.helper.ask("received", since=since)

    def set(self, **values):
        """Changes tx_us, rx_us, mult, diag, flags, silent, pinned, state...; returns the time of it."""
        return self.helper.ask("set", **values)

    def silence(self):
        """Sends nothing any more; returns the time of that."""
        return self.set(silent=True)

    def speak(self):
        return self.set(silent=False)

    def pin(self, state, diag=0):
        """Sends this state whatever it receives, until pin(None)."""
        return self.set(pinned=state, diag=diag)

    def admin_down(self):
        return self.set(state=ADMIN_DOWN, diag=7)

    def send_raw(self, payload, ttl=255, port=3784):
        """One UDP payload of any bytes."""
        self.helper.ask("send_raw", hex=bytes(payload).hex(), ttl=ttl, port=port)

    def stop(self):
        self.helper.kill()

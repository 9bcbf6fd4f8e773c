"""Namespaces and links. Everything a Lab makes is named after its pid and removed by it."""
import atexit
import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from .util import LabError, note, tail, wait_for

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def run(argv, check=True, timeout=60, text_input=None):
    """Runs a program to its end and returns its stdout; LabError with stderr when it fails."""
    done = subprocess.run([str(a) for a in argv], input=text_input, capture_output=True, text=True,
                          timeout=timeout)
    if check and done.returncode:
        raise LabError(f"{' '.join(str(a) for a in argv)}: exit {done.returncode}: "
                       f"{done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


class Namespace:
    """One network namespace; `name` is the kernel's name of it, `label` ours."""

    def __init__(self, lab, label):
        self.lab, self.label = lab, label
        self.name = lab.prefix + label
        run(["ip", "netns", "add", self.name])
        lab.namespaces[label] = self
        for family in ("all", "default"):  # addresses are usable at once
            self.sysctl(f"net.ipv6.conf.{family}.accept_dad", 0)
        self.ip("link", "set", "lo", "up")

    def wrap(self, argv):
        """The command line that runs argv in here and dies with the thread that started it."""
        return (["ip", "netns", "exec", self.name, "setpriv", "--pdeathsig", "KILL", "--"] +
                [str(a) for a in argv])

    def run(self, *argv, check=True, timeout=60):
        return run(["ip", "netns", "exec", self.name, *argv], check, timeout)

    def ip(self, *args, check=True):
        return run(["ip", "-n", self.name, *args], check)

    def batch(self, lines):
        """Many ip commands in one go (`ip -batch`)."""
        run(["ip", "-n", self.name, "-batch", "-"], text_input="\n".join(lines) + "\n",
            timeout=300)

    def sysctl(self, key, value):
        """Written through /proc by a process in here: procps may be absent."""
        path = "/proc/sys/" + key.replace(".", "/")
        self.inside(lambda: pathlib.Path(path).write_text(f"{value}\n"))

    def inside(self, call):
        """Runs call() in a thread that entered the namespace; its value or exception is ours.

        Sockets made by the call stay in the namespace and can be used from any thread.
        """
        box = {}

        def work():
            try:
                with open(f"/run/netns/{self.name}", "rb") as f:
                    if _libc.setns(f.fileno(), CLONE_NEWNET) != 0:
                        raise OSError(ctypes.get_errno(), f"setns {self.name}")
                box["value"] = call()
            except BaseException as e:  # handed to the caller below
                box["error"] = e

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        if "error" in box:
            raise box["error"]
        return box["value"]

    def socket(self, *args, **kw):
        return self.inside(lambda: socket.socket(*args, **kw))

    def address(self, dev, *addresses):
        for a in addresses:
            self.ip("address", "add", a, "dev", dev, *(["nodad"] if ":" in a else []))

    def up(self, dev):
        self.ip("link", "set", dev, "up")

    def down(self, dev):
        self.ip("link", "set", dev, "down")

    def vlan(self, parent, vid, *addresses, name=None, vrf=None):
        name = name or f"{parent}.{vid}"
        self.ip("link", "add", "link", parent, "name", name, "type", "vlan", "id", vid)
        if vrf:
            self.ip("link", "set", name, "master", vrf)
        self.up(name)
        self.address(name, *addresses)
        return name

    def vrf(self, name, table):
        self.ip("link", "add", name, "type", "vrf", "table", table)
        self.up(name)
        return name

    def cut(self):
        """Makes this namespace silent and deaf on its links; no link goes down.

        What comes in is dropped by tc, or by nftables in kernels without the classifier.
        """
        for dev in self.links():
            self.run("tc", "qdisc", "replace", "dev", dev, "root", "blackhole")
            self.run("tc", "qdisc", "replace", "dev", dev, "clsact")
            try:
                self.run("tc", "filter", "add", "dev", dev, "ingress", "matchall", "action",
                         "drop")
            except LabError:
                self.run("nft", f"add table netdev cut; add chain netdev cut {dev} {{ type filter "
                         f"hook ingress device {dev} priority 0; policy drop; }}")

    def mend(self):
        for dev in self.links():
            self.run("tc", "qdisc", "del", "dev", dev, "root")
            self.run("tc", "qdisc", "del", "dev", dev, "clsact")
        self.run("nft", "delete table netdev cut", check=False)

    def links(self):
        return sorted(os.path.basename(n) for n in self.run("ls", "/sys/class/net").split()
                      if n != "lo")

    def link_local(self, dev):
        """The device's IPv6 link-local address; waits until it has one."""
        def found():
            text = self.ip("-j", "-6", "address", "show", "dev", dev, "scope", "link")
            return [a["local"] for o in json.loads(text) for a in o.get("addr_info", ())
                    if "local" in a]
        return wait_for(found, 30, f"{self.label}'s link-local address on {dev}")[0]

    def pids(self):
        return [int(p) for p in run(["ip", "netns", "pids", self.name], check=False).split()]

    def remove(self):
        """Kills what runs in here and removes the namespace."""
        end = time.monotonic() + 5
        while (pids := self.pids()) and time.monotonic() < end:
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.01)
        run(["ip", "netns", "delete", self.name], check=False)


class Segment:
    """A wire with many ends: a bridge in a namespace of its own (`fabric`).

    vlans=True makes it a switch that knows VLANs (kernels with 802.1Q only): a port is then
    either `access` (one untagged VLAN) or `trunk` (a list of tagged VLANs).
    """

    def __init__(self, lab, name, vlans=False):
        self.lab, self.name, self.vlans = lab, name, vlans
        self.fabric = lab.namespaces.get("fabric") or lab.ns("fabric")
        options = ["vlan_filtering", "1", "vlan_default_pvid", "0"] if vlans else []
        self.fabric.ip("link", "add", name, "type", "bridge", "stp_state", "0", "mcast_snooping",
                       "0", *options)
        self.fabric.up(name)
        self.ports = {}

    def attach(self, ns, dev, *addresses, access=None, trunk=()):
        """Plugs the namespace's new interface `dev` in; its carrier is the port's link state."""
        port = f"p{len(self.fabric.links())}-{ns.label}"[:15]
        self.lab.veth(ns, dev, self.fabric, port)
        self.fabric.ip("link", "set", port, "master", self.name)
        for vid in [access] if access else trunk:
            how = ["pvid", "untagged"] if access else []
            self.fabric.run("bridge", "vlan", "add", "dev", port, "vid", str(vid), *how)
        ns.address(dev, *addresses)
        self.ports[(ns.label, dev)] = port
        return port

    def silence(self, ns, dev):
        """Cuts the port off without anybody losing carrier: it leaves the bridge."""
        self.fabric.ip("link", "set", self.ports[(ns.label, dev)], "nomaster")

    def rejoin(self, ns, dev, access=None):
        port = self.ports[(ns.label, dev)]
        self.fabric.ip("link", "set", port, "master", self.name)
        if access:
            self.fabric.run("bridge", "vlan", "add", "dev", port, "vid", str(access), "pvid",
                            "untagged")


class Lab:
    """A context manager that owns namespaces, processes and a temporary folder.

    close() removes all of it, checks that nothing is left, and is also called at exit and on
    SIGTERM, SIGINT and SIGHUP.
    """

    live = []

    def __init__(self):
        self.prefix = f"bl-{os.getpid()}-"
        self.namespaces, self.processes, self.helpers = {}, [], []
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=self.prefix))
        self.dir.chmod(0o755)  # daemons that dropped root must reach their folders
        Lab.live.append(self)
        _catch_signals()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind:
            self.show_logs()
        self.close()

    def ns(self, label):
        return Namespace(self, label)

    def veth(self, a, dev_a, b, dev_b, addresses_a=(), addresses_b=()):
        """A cable between two namespaces, both ends up. Addresses: one, or a list of them."""
        run(["ip", "-n", a.name, "link", "add", dev_a, "type", "veth", "peer", "name", dev_b,
             "netns", b.name])
        for ns, dev, addresses in ((a, dev_a, addresses_a), (b, dev_b, addresses_b)):
            ns.up(dev)
            ns.address(dev, *([addresses] if isinstance(addresses, str) else addresses))

    def segment(self, name, vlans=False):
        return Segment(self, name, vlans)

    def folder(self, name):
        path = self.dir / name
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o755)
        return path

    def show_logs(self, lines=25):
        for p in self.processes:
            note(f"--- the end of {p.name}'s log (pid {p.pid}, status {p.status()})\n"
                 f"{tail(p.log, lines)}")

    def close(self):
        if self not in Lab.live:
            return
        Lab.live.remove(self)
        for h in self.helpers:
            h.kill()
        for p in reversed(self.processes):
            p.kill()
        for ns in self.namespaces.values():
            ns.remove()
        problems = [p for p in self.processes if p.sanitizer_report()]
        reports = "\n".join(f"{p.name}:\n{p.sanitizer_report()}" for p in problems)
        shutil.rmtree(self.dir, ignore_errors=True)
        left = [n for n in run(["ip", "netns", "list"]).split() if n.startswith(self.prefix)]
        left += [str(self.dir)] if self.dir.exists() else []
        if left:
            raise LabError(f"left behind: {', '.join(left)}")
        if reports:
            raise LabError(reports)


def _close_all():
    for lab in list(Lab.live):
        lab.close()


def _on_signal(number, frame):
    signal.signal(number, signal.SIG_DFL)
    note(f"signal {number}: removing the lab")
    _close_all()
    os.kill(os.getpid(), number)


def _catch_signals():
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                signal.signal(number, _on_signal)


atexit.register(_close_all)

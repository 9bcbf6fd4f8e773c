"""How long a reload takes, and what a changed filter does beside a full table.

    [RESULT=FILE.json] /usr/bin/python3 tests/bench/reload.py BUILD_DIR [PREFIXES]

Needs root. 1000 neighbours with prefix lists of 100 lines each, in four files: medians of eleven
reloads (nothing changed, one list changed, all lists changed): the processor time of the bgp process,
what the daemon says of itself (took_ms, in which its loop did nothing else; on a busy machine it waits
for a processor in it, too), and the time until bgpd-litectl has its answer.

Then one gateway with BFD at 50 ms x 3 announces PREFIXES (1000000, about 2 GB of memory) in attribute
sets of 8; its filter denies 458752 of them, and permits them again. Of each: the time of the reload's
answer, until every route is judged and the kernel has what it should, the widest gap between
keepalives of 1 s, the longest time that a question to the control socket waited, and BFD's downs.
"""
import json
import os
import pathlib
import re
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from feed import feed, table
from lab import bgpwire
from lab.util import note

N = int(sys.argv.pop(2)) if len(sys.argv) > 2 and sys.argv[2].isdigit() else 1000000
NEIGHBORS, LINES, FILES, TIMES = 1000, 100, 4, 11
HEAD = ("[bgp]\nlocal-as = 64512\nrouter-id = 10.0.0.11\n[contributor n*]\nmay = all\n"
        "[control]\nauto-reload = no\n")


FED = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[vrf red]
table = 1001

[bfd-profile fast]
transmit-interval = 50ms
receive-interval = 50ms

[prefix-list wanted]
deny = {deny}
permit = 0.0.0.0/0 le 32

[neighbor 192.0.2.1 vrf red]
remote-as = 65001
hold-time = 3
connect-retry-time = 1
bfd-profile = fast
import = wanted
"""
RESULTS = {}


def write_result():
    if not os.environ.get("RESULT"):
        return
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    machine = {"cpus": os.cpu_count(), "model": cpu.group(1) if cpu else "",
               "kernel": os.uname().release, "load_at_start": LOAD}
    text = json.dumps({"machine": machine, "results": RESULTS}, indent=1)
    pathlib.Path(os.environ["RESULT"]).write_text(text + "\n")


LOAD = round(os.getloadavg()[0], 2)


def section(k, length):
    lines = "".join(f"permit = 10.{j}.{k % 250}.0/24 le {length}\n" for j in range(LINES))
    return (f"[prefix-list l{k}]\n{lines}[neighbor 198.18.{k // 250}.{k % 250 + 1}]\n"
            f"remote-as = 65001\npassive = yes\nimport = l{k}\n")


class Reload(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.ns = self.lab.ns("node")
        self.node = lab.Node(self.ns, HEAD, start=False)
        self.write(lambda k: 24)
        self.node.start()

    def write(self, length):
        each = NEIGHBORS // FILES
        for f in range(FILES):
            text = "".join(section(k, length(k)) for k in range(f * each, (f + 1) * each))
            self.node.drop_in(f"n{f}.conf", text)

    def cpu_ms(self):
        """What the bgp process has used of a processor."""
        return int(pathlib.Path(f"/proc/{self.node.process.pid}/schedstat").read_text().split()[0]) / 1e6

    def measure(self, what, changed, length):
        times, cpu, wall = [], [], []
        for i in range(TIMES):
            self.write(lambda k: length(k, i))
            before, since = self.cpu_ms(), time.monotonic()
            reply = self.node.ctl("reload")
            wall.append((time.monotonic() - since) * 1000)
            cpu.append(self.cpu_ms() - before)
            self.assertEqual((reply["ok"], reply["changed"]), (True, changed))
            times.append(reply["took_ms"])
        RESULTS[what] = {"cpu_ms": round(statistics.median(cpu), 1),
                         "took_ms": round(statistics.median(times), 1),
                         "answered_ms": round(statistics.median(wall), 1)}
        note(f"CPU {statistics.median(cpu):.1f} ms a reload; took "
             f"{statistics.median(times):.1f} ms, {min(times):.1f} .. {max(times):.1f}; answered after "
             f"{statistics.median(wall):.1f} ms; {NEIGHBORS} neighbours, {LINES} lines each, {what}")

    def test_reload(self):
        RESULTS.update({"neighbors": NEIGHBORS, "lines_each": LINES, "reloads_each": TIMES})
        self.measure("nothing changed", 0, lambda k, i: 24)
        self.measure("one list changed", 1, lambda k, i: 25 + i % 2 if k == 500 else 24)
        self.write(lambda k: 24)
        self.node.ctl("reload")
        self.measure("all lists changed", NEIGHBORS, lambda k, i: 25 + i % 2)
        write_result()


class Table(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.ns, gw = self.lab.ns("node"), self.lab.ns("gw")
        wire = self.lab.segment("s1")
        wire.attach(self.ns, "eth0", "192.0.2.11/24")
        wire.attach(gw, "eth0", "192.0.2.1/24")
        self.peer = lab.ScriptedPeer(gw, "192.0.2.1", "192.0.2.11", 65001, "1.1.1.1",
                                     hold=3).listen()
        self.bfd = lab.BfdPeer(gw, "192.0.2.1", "192.0.2.11", silent=True)
        self.node = lab.Node(self.ns, FED.format(deny="0.0.0.0/32"))
        fed = table(N)  # seconds, which the hold time does not have
        self.peer.accept(30)
        self.peer.handshake()
        feed(self.peer, fed)
        self.peer.keep_alive()
        self.settle(N, 600)
        self.bfd.speak()  # how a table loads beside BFD is bfd_table.py's
        self.bfd.wait_state(lab.bfdpeer.UP, 30)

    def settle(self, n, timeout=120):
        """Every route is judged and the kernel has answered."""
        def settled():
            s = self.node.ctl("status")
            return (s["rib"]["installed"] == n and s["rib"]["dirty"] == 0
                    and s["fib"]["packets_sent"] == s["fib"]["packets_done"])
        lab.wait_for(settled, timeout, f"{n} routes", 0.05)

    def downs(self):
        return sum(state == lab.bfdpeer.DOWN for _, state, _ in self.bfd.info()["transitions"])

    def change(self, what, deny, n):
        self.node.write(FED.format(deny=deny))
        downs, asker, since = self.downs(), lab.Asker(self.node.run_dir), time.monotonic()
        reply = self.node.ctl("reload")
        answered = time.monotonic() - since
        self.settle(n)
        settled, heard = time.monotonic() - since, asker.stop()
        lab.wait_for(lambda: self.keepalives() and self.keepalives()[-1] > since + settled, 10,
                     "a keepalive")
        near = [t for t in self.keepalives() if t > since - 2]
        out = {"prefixes": N, "reload_took_ms": round(reply["took_ms"], 1),
               "installed_after": n, "answered_ms": round(answered * 1000, 1), "settled_s": round(settled, 2),
               "keepalive_gap_s": round(max(b - a for a, b in zip(near, near[1:])), 2),
               "question_ms": round(max(b - a for a, b, _ in heard) * 1000, 1),
               "bfd_downs": self.downs() - downs}
        RESULTS[what] = out
        note(f"{what}: {out}")
        self.assertEqual(self.node.ctl("show neighbors")["neighbors"][0]["counters"]["established_n"],
                         1)

    def keepalives(self):
        return [t for t, kind, _ in list(self.peer.inbox) if kind == bgpwire.KEEPALIVE]

    def test_filter(self):
        # From 1.0.0.0 on: 458752 of a million /24s, 16384 of a small table.
        deny, denied = ("0.0.0.0/5", 458752) if N >= 900000 else ("1.0.0.0/10", min(N, 16384))
        self.change("part of a table denied", f"{deny} le 32", N - denied)
        self.change("and permitted again", "0.0.0.0/32", N)
        write_result()


if __name__ == "__main__":
    lab.main()

"""What looking costs at a full table: show routes, explain, status, metrics.

    /usr/bin/python3 tests/bench/show.py BUILD_DIR [PREFIXES]

Needs root. One gateway announces PREFIXES (1000000) in attribute sets of 8 prefixes. Prints, and
writes to tests/bench/results/show.json: time to the first line and to the last of `show routes`,
the CPU of daemon and client, the widest gap between keepalives of 1 s meanwhile, and the times of
single questions.
"""
import json
import os
import pathlib
import resource
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from feed import feed, table
from lab import bgpwire
from lab.util import build_dir, note

N = int(sys.argv.pop(2)) if len(sys.argv) > 2 and sys.argv[2].isdigit() else 1000000
RESULT = pathlib.Path(__file__).parent / "results/show.json"
CONFIG = """
[bgp]
local-as = 64512
router-id = 10.0.0.11

[vrf red]
table = 1001

[prefix-list all]
permit = 0.0.0.0/0 le 32

[neighbor 192.0.2.1 vrf red]
remote-as = 65001
hold-time = 3
connect-retry-time = 1
import = all
"""


def cpu_s(pids):
    ticks = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


class Show(lab.TestCase):
    def setUp(self):
        super().setUp()
        self.node_ns, gw = self.lab.ns("node"), self.lab.ns("gw")
        wire = self.lab.segment("s1")
        wire.attach(self.node_ns, "eth0", "192.0.2.11/24")
        wire.attach(gw, "eth0", "192.0.2.1/24")
        self.peer = lab.ScriptedPeer(gw, "192.0.2.1", "192.0.2.11", 65001, "1.1.1.1",
                                     hold=3).listen()
        self.node = lab.Node(self.node_ns, CONFIG)
        fed = table(N)  # seconds, which the hold time does not have
        self.peer.accept(30)
        self.peer.handshake()
        feed(self.peer, fed)
        self.peer.keep_alive()
        lab.wait_for(self.loaded, 300, f"{N} prefixes in the kernel", 0.5)

    def loaded(self):
        rib = self.node.ctl("status")["rib"]
        return rib["installed"] == N and rib["dirty"] == 0

    def argv(self, *words):
        return [build_dir() / "bgpd-lite/bgpd-litectl", "--run-dir", self.node.run_dir, *words]

    def show_routes(self, *more):
        since = time.monotonic()
        daemon, client = cpu_s([self.node.process.pid]), resource.getrusage(resource.RUSAGE_CHILDREN)
        with subprocess.Popen(self.argv(*more, "show", "routes"), stdout=subprocess.PIPE) as p:
            p.stdout.readline()
            p.stdout.readline()
            first = time.monotonic() - since
            lines = sum(chunk.count(b"\n") for chunk in iter(lambda: p.stdout.read(65536), b"")) + 2
        took = time.monotonic() - since
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        keepalives = [t for t, kind, _ in list(self.peer.inbox)
                      if kind == bgpwire.KEEPALIVE and t >= since - 1.5]
        gaps = [b - a for a, b in zip(keepalives, keepalives[1:])]
        return {"first_ms": round(first * 1000), "all_s": round(took, 1), "lines": lines,
                "daemon_cpu_s": round(cpu_s([self.node.process.pid]) - daemon, 2),
                "client_cpu_s": round(used.ru_utime + used.ru_stime - client.ru_utime
                                      - client.ru_stime, 2),
                "keepalive_gap_s": round(max(gaps, default=0), 2)}

    def question_ms(self, *words):
        took = []
        for _ in range(10):
            since = time.monotonic()
            subprocess.run(self.argv(*words), stdout=subprocess.DEVNULL, check=True)
            took.append(time.monotonic() - since)
        return round(sorted(took)[5] * 1000, 1)

    def test_show(self):
        out = {"prefixes": N, "text": self.show_routes(), "json": self.show_routes("--json")}
        for words in (("explain", "1.0.5.0/24"), ("status",), ("metrics",),
                      ("show", "neighbors", "192.0.2.1")):
            out["_".join(words[:2]) + "_ms"] = self.question_ms(*words)
        for key, value in out.items():
            note(f"{key}: {value}")
        RESULT.write_text(json.dumps({"load_at_end": round(os.getloadavg()[0], 1), **out},
                                     indent=1) + "\n")


if __name__ == "__main__":
    os.environ.setdefault("LAB_NOTES", "1")
    lab.main()

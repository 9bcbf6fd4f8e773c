"""How long a reload takes: 1000 neighbours with prefix lists of 100 lines each, in four files.

    [RESULT=FILE.json] /usr/bin/python3 tests/bench/reload.py BUILD_DIR

Needs root. Prints medians of eleven reloads (nothing changed, one list changed, all lists changed): the
processor time of the bgp process, and what the daemon says of itself (took_ms, in which its loop did
nothing else; on a busy machine it waits for a processor in it, too).
"""
import json
import os
import pathlib
import re
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import lab
from lab.util import note

NEIGHBORS, LINES, FILES, TIMES = 1000, 100, 4, 11
HEAD = ("[bgp]\nlocal-as = 64512\nrouter-id = 10.0.0.11\n[contributor n*]\nmay = all\n"
        "[control]\nauto-reload = no\n")


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
        times, cpu = [], []
        for i in range(TIMES):
            self.write(lambda k: length(k, i))
            before = self.cpu_ms()
            reply = self.node.ctl("reload")
            cpu.append(self.cpu_ms() - before)
            self.assertEqual((reply["ok"], reply["changed"]), (True, changed))
            times.append(reply["took_ms"])
        self.results[what] = {"cpu_ms": round(statistics.median(cpu), 1),
                              "took_ms": round(statistics.median(times), 1)}
        note(f"CPU {statistics.median(cpu):.1f} ms a reload; took "
             f"{statistics.median(times):.1f} ms, {min(times):.1f} .. {max(times):.1f}; "
             f"{NEIGHBORS} neighbours, {LINES} lines each, {what}")

    def test_reload(self):
        self.results = {"neighbors": NEIGHBORS, "lines_each": LINES, "reloads_each": TIMES}
        cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
        machine = {"cpus": os.cpu_count(), "model": cpu.group(1) if cpu else "",
                   "kernel": os.uname().release, "load_at_start": round(os.getloadavg()[0], 2)}
        self.measure("nothing changed", 0, lambda k, i: 24)
        self.measure("one list changed", 1, lambda k, i: 25 + i % 2 if k == 500 else 24)
        self.write(lambda k: 24)
        self.node.ctl("reload")
        self.measure("all lists changed", NEIGHBORS, lambda k, i: 25 + i % 2)
        if os.environ.get("RESULT"):
            text = json.dumps({"machine": machine, "results": self.results}, indent=1)
            pathlib.Path(os.environ["RESULT"]).write_text(text + "\n")


if __name__ == "__main__":
    lab.main()

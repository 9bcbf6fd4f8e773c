#!/usr/bin/python3
"""Runs the client against a daemon of fixed values and compares what it prints, and its exit code,
with the files of tests/golden/ctl.

golden.py FAKE_DAEMON CLIENT GOLDEN_DIR [--write]
"""
import os
import re
import subprocess
import sys
import tempfile

CASES = {
    "help": ["--help"],
    "status": ["status"],
    "neighbors": ["show", "neighbors"],
    "neighbor": ["show", "neighbors", "192.0.2.1", "vrf", "red"],
    "neighbor-by-address": ["show", "nei", "192.0.2.2"],
    "neighbor-unknown": ["show", "neighbors", "192.0.2.77"],
    "routes": ["show", "routes"],
    "routes-json": ["--json", "show", "routes", "failed"],
    "routes-none-json": ["--json", "show", "routes", "vrf", "default"],
    "routes-failed": ["show", "routes", "failed"],
    "routes-rejected": ["show", "routes", "rejected"],
    "routes-advertised": ["show", "routes", "advertised", "neighbor", "192.0.2.1", "vrf", "red"],
    "routes-advertised-to-nobody": ["show", "routes", "advertised"],
    "routes-neighbor": ["show", "routes", "neighbor", "192.0.2.1", "vrf", "red"],
    "routes-neighbor-down": ["show", "routes", "neighbor", "192.0.2.2", "vrf", "red"],
    "routes-prefix": ["show", "routes", "203.0.113.0/24"],
    "routes-longest": ["show", "routes", "203.0.113.77"],
    "routes-longer": ["show", "routes", "203.0.112.0/23", "longer"],
    "routes-longer-slash-24": ["show", "routes", "203.0.113.0/24", "longer"],
    "routes-shorter": ["show", "routes", "203.0.114.128/25", "shorter"],
    "routes-longer-nothing": ["show", "routes", "longer"],
    "routes-absent": ["show", "routes", "198.51.100.0/24"],
    "routes-vrf-unknown": ["show", "routes", "vrf", "green"],
    "routes-host-bits": ["show", "routes", "203.0.113.1/24"],
    "routes-misspelt": ["show", "routes", "instaled"],
    "routes-no-name": ["show", "routes", "vrf"],
    "explain-no-prefix": ["explain"],
    "explain-host-bits": ["explain", "203.0.113.1/24"],
    "explain-too-much": ["explain", "203.0.113.0/24", "red"],
    "packet-no-from": ["explain", "203.0.113.1", "iif", "lo"],
    "packet-prefix": ["explain", "203.0.113.0/24", "from", "192.0.2.1"],
    "packet-families": ["explain", "203.0.113.1", "from", "2001:db8::1"],
    "packet-mark": ["explain", "203.0.113.1", "from", "192.0.2.1", "mark", "red"],
    "packet-no-interface": ["explain", "203.0.113.1", "from", "192.0.2.1", "iif", "nothere"],
    "packet-too-much": ["explain", "203.0.113.1", "from", "192.0.2.1", "oif", "lo"],
    "explain-vrf-unknown": ["explain", "203.0.113.0/24", "vrf", "green"],
    "status-check": ["status", "--check"],
    "check-elsewhere": ["show", "vrfs", "--check"],
    "metrics": ["metrics"],
    "vrfs": ["show", "vrfs"],
    "vrfs-json": ["--json", "show", "vrfs"],
    "interfaces": ["show", "interfaces"],
    "contributors": ["show", "contributors"],
    "filters": ["show", "filters"],
    "filters-json": ["--json", "show", "filters", "dc-services"],
    "filters-unknown": ["show", "filters", "nothing"],
    "events": ["show", "events"],
    "events-last": ["show", "events", "1"],
    "events-json": ["--json", "show", "events"],
    "events-bad": ["show", "events", "many"],
    "monitor-bad": ["monitor", "513"],
    "monitor-too-much": ["monitor", "1", "2"],
    "events-since": ["show", "events", "since", "2001-09-09", "01:46:41.5"],
    "events-since-later": ["show", "events", "since", "2001-09-09T01:46:41.501Z"],
    "events-since-duration": ["show", "events", "since", "1h30m"],
    "events-since-bad": ["show", "events", "since", "yesterday"],
    "events-since-nothing": ["show", "events", "since"],
    "report-no-file": ["report"],
    "report-exists": ["report", "RUN_DIR/same"],
    "report": ["report", "RUN_DIR/node.tar"],
    "memory": ["show", "memory"],
    "memory-json": ["--json", "show", "memory"],
    "config": ["show", "config"],
    "config-origin": ["show", "config", "--origin"],
    "origin-elsewhere": ["show", "vrfs", "--origin"],
    "clear": ["clear", "192.0.2.1", "vrf", "red"],
    "clear-soft": ["clear", "192.0.2.1", "vrf", "red", "soft"],
    "clear-soft-down": ["clear", "192.0.2.2", "soft"],
    "clear-nothing": ["clear"],
    "shutdown": ["shutdown", "192.0.2.2", "--message", "new cables, back at 5"],
    "shutdown-shown": ["show", "neighbors"],
    "enable": ["enable", "192.0.2.2"],
    "message-elsewhere": ["enable", "192.0.2.2", "--message", "back"],
    "drain": ["drain", "--message", "kernel upgrade"],
    "drain-shown": ["status"],
    "undrain": ["undrain"],
    "undrain-json": ["--json", "undrain"],
    "wait-elsewhere": ["undrain", "--wait"],
    "flush-vrf": ["flush", "vrf", "red"],
    "flush-vrf-json": ["--json", "flush", "vrf", "red"],
    "flush-vrf-unknown": ["flush", "vrf", "green", "--yes"],
    "flush-vrf-no-name": ["flush", "vrf", "--yes"],
    "flush-vrf-two": ["flush", "vrf", "red", "default", "--yes"],
    "flush-vrf-yes": ["flush", "vrf", "red", "--yes"],
    "flush-vrf-shown": ["show", "vrfs"],
    "flush-vrf-status": ["status"],
    "flush-vrf-check": ["status", "--check"],
    "flush-vrf-metrics": ["metrics"],
    "flush-vrf-again-json": ["--json", "flush", "vrf", "red", "--yes"],
    "flush-vrf-undo": ["flush", "vrf", "red", "--undo"],
    "flush-vrf-undo-again": ["flush", "vrf", "red", "--undo", "--yes"],
    "flush-vrf-undo-json": ["--json", "flush", "vrf", "red", "--undo"],
    "flush-with-yes": ["flush", "--yes"],
    "flush-something": ["flush", "red"],
    "yes-elsewhere": ["status", "--yes"],
    "undo-elsewhere": ["drain", "--undo"],
    "bfd": ["show", "bfd"],
    "bfd-one": ["show", "bfd", "192.0.2.1 vrf red"],
    "announcements": ["show", "announcements"],
    "announcements-json": ["--json", "show", "announcements"],
    "nexthops": ["show", "nexthops"],
    "nexthops-json": ["--json", "show", "nexthops"],
    "config-history": ["show", "config", "history"],
    "config-history-json": ["--json", "show", "config", "history"],
    "config-diff": ["show", "config", "diff"],
    "config-diff-far": ["show", "config", "diff", "2"],
    "config-diff-bad": ["show", "config", "diff", "x"],
    "reload-confirm": ["reload", "--confirm", "60"],
    "confirm": ["confirm"],
    "confirm-nothing": ["confirm"],
    "confirm-bad": ["reload", "--confirm", "0"],
    "confirm-elsewhere": ["plan", "--confirm", "9"],
    "contribute": ["contribute", "bgpd-lite"],
    "contribute-no-name": ["contribute"],
    "contribute-refused": ["contribute", "metallb"],
    "contribute-refused-json": ["--json", "contribute", "metallb"],
    "contribute-masked": ["contribute", "masked"],
    "contribute-full": ["contribute", "full"],
    "contribute-held": ["contribute", "held"],
    "contribute-dot": ["contribute", ".dot"],
    "contribute-remove": ["contribute", "--remove", "other"],
    "contribute-remove-gone": ["contribute", "--remove", "gone"],
    "remove-elsewhere": ["reload", "--remove"],
    "contributor-alone": ["contributor"],
    "contributor-disable": ["contributor", "disable", "bgpd-lite"],
    "contributor-enable": ["contributor", "enable", "bgpd-lite"],
    "rollback-far": ["rollback", "7"],
    "rollback": ["rollback", "1", "--reset"],
    "plan": ["plan"],
    "plan-json": ["--json", "plan"],
    "plan-same": ["plan", "RUN_DIR/same.conf"],
    "plan-bad": ["plan", "RUN_DIR/bad.conf"],
    "plan-no-file": ["plan", "RUN_DIR/none.conf"],
    "plan-twice": ["plan", "RUN_DIR/same.conf", "RUN_DIR/same"],
    "plan-large": ["plan", "RUN_DIR/large.conf"],
    "what-if": ["what-if", "down", "192.0.2.1", "vrf", "red"],
    "what-if-two": ["what-if", "down", "192.0.2.1", "192.0.2.2"],
    "what-if-nothing-lost": ["what-if", "down", "192.0.2.2"],
    "what-if-json": ["--json", "what-if", "down", "192.0.2.1"],
    "what-if-unknown": ["what-if", "down", "192.0.2.1", "192.0.2.77"],
    "what-if-no-name": ["what-if", "down"],
    "what-if-alone": ["what-if"],
    "top-bad": ["top", "0"],
    "top-too-much": ["top", "1", "2"],
    "return-rules": ["return-rules"],
    "reload": ["reload"],
    "reload-json": ["--json", "reload"],
    "misspelt": ["stauts"],
    "show-misspelt": ["show", "neigbors"],
    "show-alone": ["show"],
    "nothing": [],
    "too-much": ["status", "now"],
}


# What goes on until it is stopped: after so many lines.
LIVE = {
    "monitor": (["monitor", "2"], 2),
    "monitor-last": (["monitor", "1"], 1),
    "monitor-json": (["--json", "monitor", "2"], 2),
    "top": (["top", "1"], 21),
    "top-json": (["--json", "top"], 1),
}


def without_sizes(text):
    """Numbers of the daemon's processes differ from run to run."""
    text = re.sub(r"(?m)^(bgpd_lite_process_\w+\{.*\}) \d+$", r"\1 1", text)
    text = re.sub(r'(?m)^( *"(?:pid|rss_bytes|pss_bytes)":) \d+', r"\1 N", text)
    text = re.sub(r"(?m)^bgp +\d+ .* [KM]iB$", "bgp  N", text)
    return re.sub(r"(?m)^Process +PID +RSS +PSS$", "Process  PID  RSS  PSS", text)


def run(client, run_dir, arguments):
    arguments = [a.replace("RUN_DIR", run_dir) for a in arguments]
    done = subprocess.run([client, "--run-dir", run_dir, *arguments], capture_output=True,
                          input="; text\n",
                          env={**os.environ, "TZ": "UTC"}, text=True, timeout=20, check=False)
    text = done.stdout + done.stderr + f"exit {done.returncode}\n"
    return without_sizes(text.replace(run_dir, "RUN_DIR"))


def run_live(client, run_dir, arguments, lines):
    live = subprocess.Popen([client, "--run-dir", run_dir, *arguments], stdout=subprocess.PIPE,
                            env={**os.environ, "TZ": "UTC"}, text=True)
    text = "".join(live.stdout.readline() for _ in range(lines))
    live.terminate()
    live.communicate(timeout=20)
    return re.sub(r'"(uptime_s|ago_s)":\d+', r'"\1":N', text)


def check(golden_dir, name, text, write):
    path = os.path.join(golden_dir, name + ".txt")
    if write:
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
    with open(path, encoding="utf-8") as wanted:
        expected = wanted.read()
    if text == expected:
        return True
    print(f"--- {name}: expected\n{expected}+++ {name}: printed\n{text}")
    return False


def main():
    fake, client, golden_dir = sys.argv[1:4]
    write = "--write" in sys.argv
    good = True
    with tempfile.TemporaryDirectory(prefix="ctl-golden-") as run_dir:
        good &= check(golden_dir, "no-daemon", run(client, run_dir, ["show", "vrfs"]), write)
        good &= check(golden_dir, "check-no-daemon", run(client, run_dir, ["status", "--check"]),
                      write)
        good &= check(golden_dir, "metrics-no-daemon", run(client, run_dir, ["metrics"]), write)
        for name, text in (("same.conf", "same\n"), ("same", "same\n"), ("bad.conf", "bad\n"),
                           ("large.conf", "; large\n" * 140000)):
            with open(os.path.join(run_dir, name), "w", encoding="utf-8") as out:
                out.write(text)
        daemon = subprocess.Popen([fake, run_dir], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            daemon.stdout.readline()
            for name, arguments in CASES.items():
                good &= check(golden_dir, name, run(client, run_dir, arguments), write)
            for name, (arguments, lines) in LIVE.items():
                good &= check(golden_dir, name, run_live(client, run_dir, arguments, lines), write)
        finally:
            daemon.stdin.close()
            daemon.wait(timeout=10)
    sys.exit(0 if good else 1)


main()

#!/usr/bin/python3
"""A report of more routes than it keeps says how many it left out: report.py FAKE_DAEMON CLIENT"""
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile

KEPT, MORE = 10000, 1234


def main():
    fake, client = sys.argv[1:3]
    with tempfile.TemporaryDirectory(prefix="ctl-report-") as run_dir:
        daemon = subprocess.Popen([fake, run_dir, str(KEPT + MORE)], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        try:
            daemon.stdout.readline()
            file = pathlib.Path(run_dir) / "node.tar"
            subprocess.run([client, "--run-dir", run_dir, "report", file], check=True, timeout=60)
        finally:
            daemon.stdin.close()
            daemon.wait(timeout=10)
        with tarfile.open(file) as archive:
            routes = json.load(archive.extractfile("bgpd-lite-report/routes.json"))
        prefixes = {r["prefix"] for r in routes["routes"]}
        assert (len(routes["routes"]), routes["routes_left_out"]) == (KEPT, MORE), routes["routes_left_out"]
        assert len(prefixes) == KEPT, len(prefixes)


main()

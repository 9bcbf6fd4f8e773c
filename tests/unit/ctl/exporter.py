#!/usr/bin/python3
"""bgpd-lite-exporter: what it answers, with a daemon and without, and to clients that mean no good:
exporter.py FAKE_DAEMON CLIENT EXPORTER"""
import atexit
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

PATIENCE_S, LISTENS = 40, "0A"  # the state in /proc/net/tcp
CONNECTIONS, IDLE_S, LIFE_S = 16, 5, 10  # of exporter/server.h


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(port, path="/metrics", method="GET", address="127.0.0.1"):
    """(status, header Content-Type, body)"""
    c = http.client.HTTPConnection(address, port, timeout=PATIENCE_S)
    c.request(method, path)
    r = c.getresponse()
    body = r.read().decode()
    c.close()
    return r.status, r.getheader("Content-Type"), body


def plain(text):
    """Sizes of processes differ from one moment to the next."""
    return re.sub(r"(?m)^(bgpd_lite_process_\w+\{.*\}) \d+$", r"\1 1", text)


def until(what, good):
    end = time.monotonic() + PATIENCE_S
    while not good():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def starts(port, address="127.0.0.1"):
    def listens():
        try:
            socket.create_connection((address, port), 1).close()
        except OSError:
            return False
        return True
    until("it does not listen", listens)


class Exporter:
    def __init__(self, program, run_dir, address="127.0.0.1"):
        self.port = free_port()
        where = f"[{address}]" if ":" in address else address
        self.process = subprocess.Popen([program, "--run-dir", run_dir, "--listen",
                                         f"{where}:{self.port}"])
        atexit.register(self.process.kill)  # also when a check has failed
        starts(self.port, address)

    def connections(self):
        """That it has accepted and not closed: those have an inode."""
        with open("/proc/net/tcp", encoding="ascii") as table:
            rows = [line.split() for line in list(table)[1:]]
        return sum(int(row[1].split(":")[1], 16) == self.port and row[3] != LISTENS and row[9] != "0"
                   for row in rows)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE_S) == 0


def up(port, value):
    return lambda: ask(port)[2].startswith(
        f"# HELP bgpd_lite_up 1: the daemon answers\n# TYPE bgpd_lite_up gauge\nbgpd_lite_up {value}\n")


def pages(port, client, run_dir):
    until("the daemon answers", up(port, 1))
    status, kind, body = ask(port)
    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8"), (status, kind)
    printed = subprocess.run([client, "--run-dir", run_dir, "metrics"], capture_output=True,
                             text=True, timeout=PATIENCE_S, check=True).stdout
    assert plain(body) == plain(printed), body
    assert ask(port, "/metrics?x=1")[0] == 200
    assert ask(port, "/metrics", "HEAD")[0::2] == (200, "")
    assert ask(port, "/")[0] == ask(port, "/metrics/../x")[0] == 404
    assert [ask(port, method=m)[0] for m in ("POST", "PUT", "DELETE")] == [405] * 3


def garbage(port):
    """Whatever comes is answered with an error or the connection ends; the next is served."""
    for data in (b"\0" * 100, b"GET\r\n\r\n", b"GET /metrics HTTP/9.9\r\n\r\n", b"\xff\xfe\n\n",
                 b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
                 b"GET /metrics HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20000 + b"\r\n",
                 b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
                 b"GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"):
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as s:
            answer = b""
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                while piece := s.recv(65536):
                    answer += piece
            except OSError:  # closed before it had read all
                pass
        assert not answer or re.match(rb"HTTP/1\.[01] [245]\d\d ", answer), (data[:60], answer[:60])
        assert ask(port)[0] == 200, data[:60]


def many(port):
    for _ in range(200):
        assert ask(port)[0] == 200


def slow_ones(exporter):
    """All places are taken by clients that send a byte now and then, or nothing: they lose them."""
    began = time.monotonic()
    until("nobody is there", lambda: exporter.connections() == 0)
    slow = [socket.create_connection(("127.0.0.1", exporter.port)) for _ in range(CONNECTIONS)]
    until("they have their places", lambda: exporter.connections() == CONNECTIONS)
    late = [socket.create_connection(("127.0.0.1", exporter.port)) for _ in range(4)]
    gone = set()

    def drip():
        assert exporter.connections() <= CONNECTIONS
        for s in slow[::2]:
            try:
                s.send(b"G")
            except OSError:
                gone.add(s)
        return len(gone) == len(slow[::2])
    until("those that drip are closed", drip)
    assert time.monotonic() - began >= LIFE_S / 2
    for s in slow + late:
        s.close()
    until("no connection is left", lambda: exporter.connections() == 0)
    assert ask(exporter.port)[0] == 200


def refused(program):
    for words in (["--listen", "19179"], ["--listen", "127.0.0.1:0"], ["--listen", "127.0.0.1:65536"],
                  ["--listen", "::1:80"], ["--listen", "[::1:80"], ["--listen", "[127.0.0.1]:80"],
                  ["--listen", "localhost:80"], ["--listen", ":80"], ["--listen", "127.0.0.1:8x"],
                  ["more"], ["--none"]):
        done = subprocess.run([program, *words], capture_output=True, timeout=PATIENCE_S, check=False)
        assert done.returncode == 64, (words, done)
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        done = subprocess.run([program, "--listen", "127.0.0.1:%d" % s.getsockname()[1]],
                              capture_output=True, timeout=PATIENCE_S, check=False)
        assert done.returncode == 1 and b"Address already in use" in done.stderr, done
    done = subprocess.run([program, "--help"], capture_output=True, timeout=PATIENCE_S, check=True)
    assert b"127.0.0.1:19179" in done.stdout


def a_silent_daemon(program):
    """One that accepts and never answers counts as away."""
    with tempfile.TemporaryDirectory(prefix="exporter-") as run_dir, \
            socket.socket(socket.AF_UNIX) as s:
        s.bind(os.path.join(run_dir, "control"))
        s.listen()
        exporter = Exporter(program, run_dir)
        began = time.monotonic()
        assert up(exporter.port, 0)()
        assert time.monotonic() - began < PATIENCE_S / 2
        exporter.stop()


def main():
    fake, client, program = sys.argv[1:4]
    refused(program)
    a_silent_daemon(program)
    with tempfile.TemporaryDirectory(prefix="exporter-") as run_dir:
        exporter = Exporter(program, run_dir)
        status, _, body = ask(exporter.port)
        assert status == 200 and body.endswith("\nbgpd_lite_up 0\n"), (status, body)
        daemon = subprocess.Popen([fake, run_dir], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            daemon.stdout.readline()
            pages(exporter.port, client, run_dir)
            garbage(exporter.port)
            many(exporter.port)
            slow_ones(exporter)
        finally:
            daemon.stdin.close()
            daemon.wait(timeout=PATIENCE_S)
        until("the daemon is away", up(exporter.port, 0))
        exporter.stop()
        six = Exporter(program, run_dir, "::1")
        assert ask(six.port, address="::1")[0] == 200
        six.stop()


main()

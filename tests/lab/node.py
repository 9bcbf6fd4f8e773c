"""Our daemon in a namespace, with its own files, run and state directories."""
import json
import os
import pathlib
import shutil
import signal
import subprocess

from .netns import run
from .process import Process
from .util import LabError, build_dir, wait_for

USER = "nobody"  # whom the daemon becomes; it must be able to read what the test writes


class Node:
    """One bgpd-lite. config: the text of bgpd-lite.conf; dropins: {NAME.conf: text}.

    start=False leaves it to the test to call start(). args: more command line arguments.
    """

    def __init__(self, ns, config, dropins=None, name=None, args=(), start=True, env=None):
        self.ns, self.name = ns, name or f"bgpd-lite-{ns.label}"
        self.args, self.env, self.process = list(args), env, None
        self.dir = ns.lab.folder(self.name)
        self.conf, self.conf_dir = self.dir / "bgpd-lite.conf", self.dir / "conf.d"
        self.run_dir, self.state_dir = self.dir / "run", self.dir / "state"
        for d in (self.conf_dir, self.run_dir, self.state_dir):
            ns.lab.folder(f"{self.name}/{d.name}")
        for d in (self.run_dir, self.state_dir):
            shutil.chown(d, USER)
        self.write(config)
        for file, text in (dropins or {}).items():
            self.drop_in(file, text)
        if start:
            self.start()

    def write(self, config):
        """Replaces bgpd-lite.conf; the daemon sees it at the next reload."""
        self.conf.write_text(config)

    def drop_in(self, name, text):
        (self.conf_dir / name).write_text(text)

    def key_file(self, name, secret):
        """A key file as the daemon wants it; the path for `password-file`."""
        path = self.dir / name
        path.write_text(secret + "\n")
        shutil.chown(path, USER)
        path.chmod(0o600)
        return str(path)

    def argv(self, *more):
        return [build_dir() / "bgpd-lite/bgpd-lite", "-c", self.conf, "--conf-dir", self.conf_dir,
                "--run-dir", self.run_dir, "--state-dir", self.state_dir, "--user", USER,
                *self.args, *more]

    def start(self, wait=True):
        """Starts it; with wait returns when its neighbours are begun."""
        self.process = Process(self.ns, self.argv(), self.dir / "log", self.name, self.env)
        if wait:
            wait_for(lambda: self.process.must_run() or not self.ctl("status")["starting"],
                     60, f"{self.name} to begin")

    def check(self, *options):
        """`bgpd-lite --check` on the same files: (exit status, what it prints)."""
        done = subprocess.run([str(a) for a in [build_dir() / "bgpd-lite/bgpd-lite", "--check",
                                                "-c", self.conf, "--conf-dir", self.conf_dir,
                                                *options]],
                              capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    def ctl_text(self, command, check=True):
        """bgpd-litectl's table for people."""
        return run([build_dir() / "bgpd-lite/bgpd-litectl", "--run-dir", self.run_dir,
                    *command.split()], check)

    def ctl(self, command, check=True):
        """bgpd-litectl --json: its one reply, or the list of them when there are more."""
        text = run([build_dir() / "bgpd-lite/bgpd-litectl", "--run-dir", self.run_dir, "--json",
                    *command.split()], check)
        replies, decoder, text = [], json.JSONDecoder(), text.strip()
        while text:
            reply, end = decoder.raw_decode(text)
            replies.append(reply)
            text = text[end:].strip()
        if not replies:
            raise LabError(f"bgpd-litectl {command}: no reply")
        return replies[0] if len(replies) == 1 else replies

    def reload(self):
        """SIGHUP. What it changed is the caller's to wait for."""
        self.process.signal(signal.SIGHUP)

    def pids(self):
        """{process name: pid} of the daemon's processes."""
        out = {}
        for pid in self.ns.pids():
            try:
                stat = pathlib.Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            fields = dict(line.split(":\t", 1) for line in stat.splitlines() if ":\t" in line)
            if pid == self.process.pid or int(fields["PPid"]) == self.process.pid:
                out[fields["Name"].strip()] = pid
        return out

    def log(self):
        return self.process.log_text()

    def log_lines(self, containing=""):
        return self.process.log_lines(containing)

    def wait_log(self, containing, timeout=30):
        return self.process.wait_log(containing, timeout)

    def wait_repair(self, cause, timeout=30):
        """`last_repair` of the status once it is of that cause: the kernel is repaired before bgp is told."""
        def last():
            repair = self.ctl("status")["fib"]["last_repair"]
            return repair if repair and repair["cause"] == cause else None
        return wait_for(last, timeout, f"{self.name} to tell of a repair by {cause}")

    def stop(self, timeout=60):
        """SIGTERM and the exit status."""
        return self.process.stop(timeout)

    def kill(self):
        """SIGKILL of the main process."""
        self.process.kill()

    def freeze(self):
        for pid in self.pids().values():
            _signal(pid, signal.SIGSTOP)

    def thaw(self):
        for pid in self.pids().values():
            _signal(pid, signal.SIGCONT)


def _signal(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass

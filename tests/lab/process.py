"""One process in a namespace: started with its output in a file, stopped by its pid."""
import os
import signal
import subprocess

from .util import Ended, LabError, tail, wait_for


class Process:
    """A running program. It gets SIGKILL when the thread that started it ends, whatever happens.

    argv runs in the namespace `ns` (ip netns exec); stdout and stderr go to the file `log`; nice
    is its priority, whatever the test's own is.
    """

    def __init__(self, ns, argv, log, name=None, env=None, nice=0):
        self.ns, self.name, self.log = ns, name or os.path.basename(argv[0]), str(log)
        full = dict(os.environ, **(env or {}))
        with open(self.log, "ab") as out:
            self.popen = subprocess.Popen(ns.wrap(argv), stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=subprocess.STDOUT, env=full)
        self.pid = self.popen.pid
        os.setpriority(os.PRIO_PROCESS, self.pid, nice)
        ns.lab.processes.append(self)

    def running(self):
        return self.popen.poll() is None

    def status(self):
        """The exit status, negative for a signal, None while it runs."""
        return self.popen.poll()

    def signal(self, number):
        if self.running():
            self.popen.send_signal(number)

    def wait(self, timeout):
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.name} (pid {self.pid}) still runs after {timeout} s") from None

    def stop(self, timeout=60):
        """SIGTERM, and the exit status; SIGKILL and LabError when it does not end in time."""
        self.thaw()
        self.signal(signal.SIGTERM)
        try:
            return self.wait(timeout)
        except LabError:
            self.kill()
            raise

    def kill(self):
        self.signal(signal.SIGKILL)
        self.popen.wait()

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def log_text(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def log_lines(self, containing=""):
        return [line for line in self.log_text().splitlines() if containing in line]

    def wait_log(self, containing, timeout=30):
        """The first log line that contains the text."""
        return wait_for(lambda: self.log_lines(containing), timeout,
                        f"{self.name} to log {containing!r}; its log ends:\n{tail(self.log)}\n")[0]

    def sanitizer_report(self):
        """What ASan or UBSan said in the log, from its first word on; "" when nothing."""
        text = self.log_text()
        starts = [text.find(word) for word in ("Sanitizer:", "runtime error:") if word in text]
        return text[max(min(starts) - 200, 0):][:6000] if starts else ""

    def must_run(self):
        if not self.running():
            raise Ended(f"{self.name} ended with status {self.status()}; its log ends:\n"
                        f"{tail(self.log)}")

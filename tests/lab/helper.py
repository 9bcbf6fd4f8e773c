"""A helper program of the lab in a namespace, asked and answering with a JSON line each.

The programs are the files of agents/, which import nothing of the lab so that they start fast.
"""
import json
import pathlib
import select
import subprocess

from .util import LabError

AGENTS = pathlib.Path(__file__).resolve().parent / "agents"


class Helper:
    """The asking side. Commands are keyword arguments; an answer {"error": ...} is raised."""

    def __init__(self, ns, script, *args):
        self.ns, self.script = ns, script
        argv = ["/usr/bin/python3", "-S", AGENTS / f"{script}.py", *args]
        self.popen = subprocess.Popen(ns.wrap(argv), stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True, bufsize=1)
        ns.lab.helpers.append(self)
        self._answer(60)

    def _answer(self, timeout):
        if not select.select([self.popen.stdout], [], [], timeout)[0]:
            raise LabError(f"{self.script} did not answer within {timeout} s")
        line = self.popen.stdout.readline()
        if not line:
            raise LabError(f"{self.script} ended with status {self.popen.wait(5)}")
        answer = json.loads(line)
        if isinstance(answer, dict) and "error" in answer:
            raise LabError(f"{self.script}: {answer['error']}")
        return answer

    def ask(self, cmd, timeout=60, **args):
        self.popen.stdin.write(json.dumps(dict(args, cmd=cmd)) + "\n")
        self.popen.stdin.flush()
        return self._answer(timeout)

    def kill(self):
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()
        self.popen.stdin.close()
        self.popen.stdout.close()

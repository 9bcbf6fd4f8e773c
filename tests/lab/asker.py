"""Whether the daemon answers while it works."""
import json
import pathlib
import socket
import threading
import time

from .util import LabError


class Asker:
    """Asks the control socket for its Status over and over, in a thread, until stop(): `heard` are the
    replies as (time asked, time answered, parameters)."""

    def __init__(self, run_dir):
        self.heard, self.ends = [], False
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(str(pathlib.Path(run_dir) / "control"))
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def ask(self):
        self.socket.sendall(b'{"method":"io.bgpd-lite.Status"}\0')
        reply = bytearray()
        while not reply.endswith(b"\0"):
            got = self.socket.recv(1 << 20)
            if not got:
                raise LabError("the control socket was closed")
            reply += got
        return json.loads(reply[:-1])["parameters"]

    def work(self):
        while not self.ends:
            asked = time.monotonic()
            reply = self.ask()
            self.heard.append((asked, time.monotonic(), reply))

    def stop(self):
        self.ends = True
        self.thread.join()
        self.socket.close()
        return self.heard

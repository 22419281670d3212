"""A mail server on loopback."""

import email
import email.policy
import socketserver
import threading
from dataclasses import dataclass, field

import pytest


@dataclass
class MailServer:
    """What a mail server was given, and where it listens."""

    url: str = ""
    messages: list = field(default_factory=list)


class Conversation(socketserver.StreamRequestHandler):
    """Just enough of RFC 5321; refuses the recipient nobody@example.com."""

    def handle(self):
        self._say("220 test")
        while line := self.rfile.readline():
            word = line.decode().strip().upper()
            if word.startswith("RCPT TO:<NOBODY"):
                self._say("550 no such person")
            elif word == "DATA":
                self._say("354 go on")
                self._take()
            elif word == "QUIT":
                return self._say("221 bye")
            else:
                self._say("250 ok")
        return None

    def _take(self):
        lines = iter(self.rfile.readline, b".\r\n")
        data = b"".join(line.removeprefix(b".") if line.startswith(b"..") else line for line in lines)
        self.server.kept.messages.append(email.message_from_bytes(data, policy=email.policy.default))
        self._say("250 taken")

    def _say(self, line):
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def mail_server():
    """Start it, and end it with the test."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        server.kept = MailServer(url=f"smtp://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.kept
        server.shutdown()
        thread.join()

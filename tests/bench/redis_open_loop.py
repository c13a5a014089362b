# SPDX-License-Identifier: MIT
"""An open loop of SETs on several Redis servers: each is sent when it is due, whether the last was answered or not, and its wait counts
from then. Arguments: SETs a second on each, bytes of a value, seconds, of which the first so many do not count, ports. Prints a line
"METRIC VALUE" each: answers a second, and waits in ms."""
import selectors
import socket
import sys
import time


def main():
    rate, size, seconds, skipped = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    clients = [socket.create_connection(("127.0.0.1", int(port)), timeout=20) for port in sys.argv[5:]]
    value = b"v" * size
    selector = selectors.DefaultSelector()
    due, parts, waits = {}, {}, []
    for client in clients:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(client, selectors.EVENT_READ)
        due[client], parts[client] = [], b""
    begun = time.monotonic() + .1
    interval = 1 / rate / len(clients)
    total, sent = int(seconds / interval), 0
    while sent < total or any(due.values()):
        now = time.monotonic()
        # the servers take turns, evenly apart
        while sent < total and begun + sent * interval <= now:
            client = clients[sent % len(clients)]
            key = b"k%d" % (sent // len(clients) % 1000)
            client.sendall(b"*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n" % (len(key), key, size, value))
            due[client].append(begun + sent * interval)
            sent += 1
        pause = max(0.0, begun + sent * interval - time.monotonic()) if sent < total else 1.0
        for key, _ in selector.select(pause):
            parts[key.fileobj] += key.fileobj.recv(65536)
            answers = parts[key.fileobj].count(b"\r\n")
            if parts[key.fileobj].replace(b"+OK\r\n", b"") not in (b"", b"+", b"+O", b"+OK", b"+OK\r"):
                sys.exit("a server did not say OK")
            parts[key.fileobj] = parts[key.fileobj][answers * 5:]
            now = time.monotonic()
            waits += [(at - begun, now - at) for at in due[key.fileobj][:answers]]
            del due[key.fileobj][:answers]
        if time.monotonic() > begun + seconds + 30:
            sys.exit("the servers do not answer")
    counted = sorted(wait * 1000 for at, wait in waits if at >= skipped)
    print("answers_a_second %.3f" % (len(counted) / (seconds - skipped)))
    for name, share in (("p50", .5), ("p99", .99), ("p99.9", .999)):
        print("wait_%s_ms %.4f" % (name, counted[min(len(counted) - 1, int(len(counted) * share))]))
    print("longest_wait_ms %.4f" % counted[-1])
    for limit in (5, 20):
        print("waits_above_%d_ms_%% %.4f" % (limit, 100 * sum(wait > limit for wait in counted) / len(counted)))


main()

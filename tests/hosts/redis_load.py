# SPDX-License-Identifier: MIT
"""A paced load on Redis servers: so many SETs a second on each, for so long; prints how long the slowest reply took, in ms."""
import socket
import sys
import time


def main():
    per_second, seconds, ports = int(sys.argv[1]), float(sys.argv[2]), [int(port) for port in sys.argv[3:]]
    clients = [socket.create_connection(("127.0.0.1", port), timeout=20) for port in ports]
    begun = time.monotonic()
    slowest = 0.0
    turn = 0
    while time.monotonic() < begun + seconds:
        due = begun + turn / per_second
        pause = due - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        for client in clients:
            value = b"%d" % turn
            sent = time.monotonic()
            client.sendall(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%s\r\n" % (len(value), value))
            if client.recv(64) != b"+OK\r\n":
                sys.exit("a server did not say OK")
            slowest = max(slowest, time.monotonic() - sent)
        turn += 1
    print("%.1f" % (slowest * 1000))


main()

# SPDX-License-Identifier: MIT
"""Requests with a number each; says which were answered, when, how late, and by which worker.

nginx_load.py PORT FIRST paced RATE SECONDS: an open loop, a connection each; latency counts from when a request was due.
nginx_load.py PORT FIRST bulk COUNT: as fast as it goes, 50 to a connection.
Output: lines "NUMBER PID INSTANT LATENCY". Requests that were not answered, for a worker ended, have no line."""
import asyncio
import re
import socket
import sys
import time

REQUEST = "GET /?%d HTTP/1.1\r\nHost: test\r\n%s\r\n"
TOGETHER = 50
WORKER = re.compile(rb"HTTP/1.1 200 .*?\r\nX-Worker: (\d+)\r\n.*?\r\nok\n", re.S)


async def one(port, number, due, out):
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write((REQUEST % (number, "Connection: close\r\n")).encode())
        answer = await reader.read()
        writer.close()
    except OSError:
        return
    match = WORKER.match(answer)
    if match:
        now = time.time()
        out.append("%d %s %.6f %.6f" % (number, match[1].decode(), now, now - due))


async def paced(port, first, rate, seconds, out):
    start, tasks = time.time(), []
    for i in range(int(rate * seconds)):
        due = start + i / rate
        wait = due - time.time()
        if wait > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.ensure_future(one(port, first + i, due, out)))
    await asyncio.wait(tasks, timeout=15)


def together(port, numbers, out):
    sent = time.time()
    data = b""
    try:
        with socket.create_connection(("127.0.0.1", port), 15) as link:
            link.sendall("".join(REQUEST % (number, "") for number in numbers).encode())
            while data.count(b"\r\nok\n") < len(numbers):
                more = link.recv(65536)
                if not more:
                    break
                data += more
    except OSError:
        pass
    now = time.time()
    for number, match in zip(numbers, WORKER.finditer(data)):
        out.append("%d %s %.6f %.6f" % (number, match[1].decode(), now, now - sent))


def main():
    port, first, out = int(sys.argv[1]), int(sys.argv[2]), []
    if sys.argv[3] == "paced":
        asyncio.run(paced(port, first, float(sys.argv[4]), float(sys.argv[5]), out))
    else:
        for start in range(first, first + int(sys.argv[4]), TOGETHER):
            together(port, range(start, min(start + TOGETHER, first + int(sys.argv[4]))), out)
    print("\n".join(out))


main()

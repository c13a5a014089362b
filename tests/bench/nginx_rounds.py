# SPDX-License-Identifier: MIT
"""Latency of requests to two servers, asked in turns. Arguments: ports of the one without and the one with, rounds, seconds for each of
a round, requests a second. An open loop on 32 kept connections: latency counts from when a request was due. Prints for each quantile
the median over the rounds of either, and the mean of the differences within a round with a 95 % confidence interval."""
import asyncio
import math
import statistics
import sys
import time

CONNECTIONS = 32
REQUEST = b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n"
QUANTILES = ((.5, "p50"), (.99, "p99"), (.999, "p99.9"), (1, "max"))
# Student's t at 97.5 %, for so many degrees of freedom
T = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26, 10: 2.23, 11: 2.20, 15: 2.13, 20: 2.09, 30: 2.04}


async def ask(free, port, due, latencies):
    link = await free.get()
    try:
        if link is None:
            link = await asyncio.open_connection("127.0.0.1", port)
        reader, writer = link
        writer.write(REQUEST)
        await reader.readuntil(b"\r\nok\n")
        latencies.append(time.monotonic() - due)
    except (OSError, asyncio.IncompleteReadError):
        link = None
    free.put_nowait(link)


async def load(port, seconds, rate):
    free, latencies, tasks = asyncio.Queue(), [], []
    for _ in range(CONNECTIONS):
        free.put_nowait(None)
    start = time.monotonic()
    for i in range(int(seconds * rate)):
        due = start + i / rate
        wait = due - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.ensure_future(ask(free, port, due, latencies)))
    await asyncio.wait(tasks)
    while not free.empty():
        link = free.get_nowait()
        if link:
            link[1].close()
    return sorted(latencies)


def quantile(values, share):
    return values[min(len(values) - 1, math.ceil(share * len(values)) - 1)] * 1e3


def main():
    ports, rounds, seconds, rate = sys.argv[1:3], int(sys.argv[3]), float(sys.argv[4]), float(sys.argv[5])
    seen = {0: [], 1: []}
    for number in range(rounds):
        for which in (0, 1) if number % 2 == 0 else (1, 0):
            seen[which].append(asyncio.run(load(ports[which], seconds, rate)))
    print("%d rounds of %g s each, %g requests a second, latency in ms" % (rounds, seconds, rate))
    print("%-6s %10s %10s   difference (95 %% interval)" % ("", "without", "with"))
    for share, name in QUANTILES:
        values = [[quantile(one, share) for one in seen[which]] for which in (0, 1)]
        differences = [after - before for before, after in zip(*values)]
        mean, half = statistics.mean(differences), float("nan")
        if rounds > 1:
            t = T[max(known for known in T if known <= rounds - 1)]
            half = t * statistics.stdev(differences) / math.sqrt(rounds)
        print("%-6s %10.3f %10.3f   %+.3f (%+.3f..%+.3f)" % (
            name, statistics.median(values[0]), statistics.median(values[1]), mean, mean - half, mean + half))


main()

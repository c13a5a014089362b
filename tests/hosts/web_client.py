# SPDX-License-Identifier: MIT
"""Asks a web server for what stands in a file, from several threads, and prints a line an answer: every byte of it counts.

Arguments: port, a word for this phase, rounds, the file, and one that is made when the first answers are there. A line of it: who asks (* every thread, 1 the first one only), method, path
(with {n}: a number that no other question of this kind has), then headers and "body: TEXT", apart by " | ". What differs from one
server to the next by itself (dates, tokens of locks and how long they last, what a file that was just written is tagged with) is masked."""
import hashlib
import re
import socket
import sys
import threading

THREADS = 4


def ask(port, method, path, rest):
    body = b"".join(part[6:].encode() for part in rest if part.startswith("body: "))
    headers = ["Host: site", "Connection: close"] + [part for part in rest if not part.startswith("body: ")]
    if body:
        headers.append("Content-Length: %d" % len(body))
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(("%s %s HTTP/1.1\r\n%s\r\n\r\n" % (method, path, "\r\n".join(headers))).encode() + body)
        answer = b""
        while True:
            more = connection.recv(65536)
            if not more:
                return answer
            answer += more


def masked(path, answer):
    answer = re.sub(rb"(?m)^Date: .*?\r$", b"Date: -\r", answer)
    answer = re.sub(rb"(opaquelocktoken|urn:uuid):[0-9a-f-]+", b"token", answer)
    answer = re.sub(rb"Second-[0-9]{5}\b", b"Second-left", answer)
    if path.startswith("/written/"):
        answer = re.sub(rb"(?m)^(Last-Modified|ETag): .*?\r$", rb"\1: -\r", answer)
    return answer


def main():
    port, phase, rounds = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    with open(sys.argv[4]) as file:
        questions = [line.rstrip("\n").split(" | ") for line in file]
    lines = [[] for _ in range(THREADS)]

    def run(thread):
        for turn in range(rounds):
            for who, method, path, *rest in questions:
                if who == "1" and thread:
                    continue
                path = path.replace("{n}", "%s-%d-%d" % (phase, thread, turn))
                try:
                    answer = masked(path, ask(port, method, path, rest))
                except OSError as error:
                    answer = str(error).encode()
                lines[thread].append("%d %d %s %s: %s, %d bytes, %s" % (
                    thread, turn, method, path[:60], answer.split(b"\r\n")[0].decode(errors="replace"), len(answer),
                    hashlib.sha256(answer).hexdigest()[:16]))
                if thread == 0 and len(lines[0]) == 5:
                    open(sys.argv[5], "w").close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for thread in lines:
        print("\n".join(thread))


main()

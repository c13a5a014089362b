/* SPDX-License-Identifier: MIT */
/* An event loop that copies lines from its input to its output, buffered, and flushes at its turns. */
#include <entrain.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

static char buffer[65536];
static size_t used;

/* Returns the bytes that it wrote. */
static size_t flush(void)
{
	size_t done = 0;

	while (done < used) {
		ssize_t wrote = write(STDOUT_FILENO, buffer + done, used - done);

		if (wrote < 0 && errno != EINTR)
			break;
		done += wrote > 0 ? (size_t)wrote : 0;
	}
	used = 0;
	return done;
}

static int watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void take_input(int epoll)
{
	ssize_t got = read(STDIN_FILENO, buffer + used, sizeof(buffer) - used);

	if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
		epoll_ctl(epoll, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
	used += got > 0 ? (size_t)got : 0;
	if (used == sizeof(buffer)) /* a full buffer cannot wait for any turn */
		flush();
}

/* event_loop SWARM TURNS; the swarm must be there: entrainctl create SWARM --period 1s */
int main(int count, char **arguments)
{
	struct entrain_error error;
	struct entrain_agent *agent;
	struct epoll_event event;
	unsigned long turns = count == 3 ? strtoul(arguments[2], NULL, 10) : 0;
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (turns == 0)
		return fprintf(stderr, "usage: event_loop SWARM TURNS\n"), 2;
	agent = entrain_join(arguments[1], NULL, &error);
	if (!agent) {
		fprintf(stderr, "%s: %s: %s\n", error.what, error.object, error.why);
		return entrain_code_status(error.code);
	}
	if (watch(epoll, entrain_timerfd(agent)) < 0)
		return perror("event_loop: timer"), 5;
	if (watch(epoll, STDIN_FILENO) < 0)
		perror("event_loop: input is not watched"); /* a regular file, /dev/null */
	for (unsigned long turn = 0; turn < turns;) {
		if (epoll_wait(epoll, &event, 1, -1) < 1)
			continue;
		if (event.data.fd == STDIN_FILENO) {
			take_input(epoll);
		} else if (entrain_due(agent)) { /* else the turn is still being delayed */
			double now_ms = (double)entrain_now_ns() / 1e6;

			entrain_begin(agent); /* arms the timer for the next turn */
			fprintf(stderr, "event_loop: turn %lu at %.3f ms, %zu bytes\n", ++turn,
				now_ms, flush());
			entrain_end(agent);
		}
	}
	entrain_leave(agent); /* closes the timer */
	flush();
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* The process that cleans up after the demo, also after one that was killed. */
#include "tidy.h"

#include <entrain.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Returns 0, or -1 if something is left. */
static int remove_all(struct place *place, const char *swarm)
{
	struct entrain_error error;
	int result = entrain_remove(NULL, swarm, 0, &error);

	if (place_remove(place) || (result && result != ENTRAIN_NO_SWARM))
		return -1;
	return 0;
}

/* Wait for the end of everybody who holds the pipe's other end, then remove. Returns the
 * exit status. */
static int wait_and_remove(int alive, struct place *place, const char *swarm)
{
	char byte;

	while (read(alive, &byte, 1) != 0)
		if (errno != EINTR)
			break;
	return remove_all(place, swarm) ? 1 : 0;
}

int tidy_start(struct tidy *tidy, struct place *place, const char *swarm)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	tidy->pid = fork();
	if (tidy->pid == 0) {
		sigset_t signals;

		setsid();
		sigfillset(&signals);
		sigprocmask(SIG_SETMASK, &signals, NULL);
		/* Whoever reads the demo's output must not wait for this process. */
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		close(ends[1]);
		_exit(wait_and_remove(ends[0], place, swarm));
	}
	close(ends[0]);
	tidy->alive = ends[1];
	if (tidy->pid > 0)
		return 0;
	close(ends[1]);
	return -1;
}

int tidy_finish(struct tidy *tidy, struct place *place, const char *swarm)
{
	int status;

	close(tidy->alive);
	while (waitpid(tidy->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == 0 ? 0 : -1;
	return remove_all(place, swarm);
}

/* SPDX-License-Identifier: MIT */
/* entrainctl exec: run a program once at each turn, as an agent of its own. */
#include <entrain.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "message.h"
#include "program.h"

/* What a signal handler needs. */
static struct entrain_agent *volatile waiting;
static volatile pid_t running;
static volatile sig_atomic_t caught;

static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

/* Whoever ends us ends what runs; what it leaves behind is waited for. */
static void end_asked(int number)
{
	int saved = errno;

	caught = number;
	if (running > 0)
		kill(running, number);
	entrain_cancel(waiting);
	errno = saved;
}

static void signals_take(void)
{
	struct sigaction action = { .sa_handler = end_asked }, before;

	/* whoever starts us may ignore this one, and then no exit status is kept */
	signal(SIGCHLD, SIG_DFL);
	for (unsigned i = 0; i < SIGNALS; i++)
		if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}

/* With none of the signals between the look at `caught` and the pid. */
static void signals_block(int how)
{
	sigset_t set;

	sigemptyset(&set);
	for (unsigned i = 0; i < SIGNALS; i++)
		sigaddset(&set, signals[i]);
	sigprocmask(how, &set, NULL);
}

/* ---- the swarm -------------------------------------------------------------------------------- */

/* Defaults with this period, then the file's section. */
static int settings_gather(const char *swarm, int64_t every_ns, struct entrain_settings *settings)
{
	struct entrain_error error = { .code = ENTRAIN_OK };
	int code;

	entrain_settings_init(settings);
	settings->period_ns = every_ns;
	code = entrain_config_read(NULL, swarm, settings, &error);
	if (code && code != ENTRAIN_NO_SWARM)
		return message_error(&error, swarm);
	if (entrain_settings_check(settings, &error))
		return message_usage("exec", "entrainctl exec --help", "%s: %s", error.object,
				     error.why);
	return STATUS_DONE;
}

/* It would run the program again and again, without a pause. */
static int turnless(const char *swarm)
{
	return message_usage(
		"exec --swarm", "name another swarm",
		"the hosts of %s come whenever they like (kind drifting): there are no "
		"turns to run a program at",
		swarm);
}

static int join(const struct invocation *invocation, int64_t every_ns)
{
	const char *swarm = option_text(&invocation->options, "swarm"),
		   *name = strrchr(invocation->operands[0], '/');
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct entrain_settings settings;
	struct entrain_agent *agent;
	int status = settings_gather(swarm, every_ns, &settings);

	if (status)
		return status;
	options.flags = ENTRAIN_CREATE;
	options.settings = &settings;
	options.dir = invocation->dir;
	options.name = name ? name + 1 : invocation->operands[0];
	options.label = "exec";
	options.period_ns = every_ns;
	agent = entrain_join(swarm, &options, &error);
	if (!agent)
		return message_error(&error, swarm);
	if (entrain_swarm_settings(agent, &settings) == 0 && settings.kind == ENTRAIN_DRIFTING) {
		entrain_leave(agent);
		return turnless(swarm);
	}
	waiting = agent;
	return STATUS_DONE;
}

/* ---- a run -------------------------------------------------------------------------------------- */

static void child_run(const struct program *program, char **arguments, int count)
{
	int code;

	for (unsigned i = 0; i < SIGNALS; i++) {
		struct sigaction before, usual = { .sa_handler = SIG_DFL };

		if (sigaction(signals[i], NULL, &before) == 0 && before.sa_handler == end_asked)
			sigaction(signals[i], &usual, NULL);
	}
	signals_block(SIG_UNBLOCK);
	code = program_exec(program, arguments, count);
	message_failure(STATUS_REFUSED, program->path, NULL, "%s",
			program_error_text(program, code));
	_exit(code == ENOENT ? 127 : 126);
}

/* Run it and wait for its end. Returns its exit status as a shell says it, -1: it could not be started. */
static int program_run(const struct program *program, char **arguments, int count)
{
	pid_t pid, ended;
	int status = 0;

	fflush(NULL);
	signals_block(SIG_BLOCK);
	pid = caught ? -1 : fork();
	if (pid == 0)
		child_run(program, arguments, count);
	running = pid;
	signals_block(SIG_UNBLOCK);
	if (pid < 0) {
		if (!caught)
			message_failure(STATUS_REFUSED, "exec", NULL, "%s", strerror(errno));
		return -1;
	}
	do
		ended = waitpid(pid, &status, 0);
	while (ended < 0 && errno == EINTR);
	running = 0;
	if (ended < 0) {
		message_failure(STATUS_REFUSED, "exec", NULL, "%s", strerror(errno));
		return -1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A run that took longer than to the next turn: that one is left out, and whatever else has passed. */
static void turns_skip(struct entrain_agent *agent, int64_t every_ns, int64_t took_ns)
{
	char took[32], every[32];

	if (entrain_next_turn_ns(agent) > entrain_now_ns())
		return;
	fprintf(stderr, "entrainctl: exec: the run took %s, of every %s: turns are left out\n",
		entrain_duration_text(took_ns, took), entrain_duration_text(every_ns, every));
	entrain_begin(agent);
	entrain_end(agent);
}

/* Say once that the slot is lost, and once that there is one again: without, it is like any timer. */
static void place_say(const struct entrain_agent *agent, int *joined)
{
	enum entrain_code why = ENTRAIN_OK;
	int now = entrain_joined(agent, &why);

	if (now == *joined)
		return;
	*joined = now;
	if (now)
		fprintf(stderr, "entrainctl: exec: it is in the swarm again\n");
	else
		fprintf(stderr,
			"entrainctl: exec: it is not in the swarm any more: %s; until it is, it "
			"keeps its own time\n",
			why == ENTRAIN_NO_SWARM ? "that was removed" : entrain_code_text(why));
}

/* Say once that the swarm's period is another than this agent's, and once that it is no more: either can be changed live. */
static void beat_say(const struct entrain_settings *settings, int64_t every_ns, int *off_beat)
{
	const int64_t band_ns = settings->period_ns / 1000 * settings->band_ppm / 1000;
	const int now = llabs(every_ns - settings->period_ns) > band_ns;
	char period[32];

	if (now == *off_beat)
		return;
	*off_beat = now;
	if (now)
		fprintf(stderr,
			"entrainctl: exec: the swarm's period is another, %s: this agent is "
			"off-beat, and keeps its own time\n",
			entrain_duration_text(settings->period_ns, period));
	else
		fprintf(stderr, "entrainctl: exec: it is on the swarm's beat again\n");
}

static int turns_take(const struct invocation *invocation, const struct program *program,
		      int64_t every_ns)
{
	const int once = option_given(&invocation->options, "once");
	struct entrain_agent *agent = waiting;
	struct entrain_settings settings;
	int status = 0, joined = 1, off_beat = 0, known;

	entrain_settings_init(&settings);
	if (entrain_swarm_settings(agent, &settings) == 0)
		beat_say(&settings, every_ns, &off_beat);
	while (!caught && entrain_wait(agent) == 0 && !caught) {
		int64_t begun_ns = entrain_now_ns();

		place_say(agent, &joined);
		/* The swarm may have been removed, and made anew for others. */
		known = entrain_swarm_settings(agent, &settings) == 0;
		if (known && settings.kind == ENTRAIN_DRIFTING)
			return turnless(option_text(&invocation->options, "swarm"));
		if (known)
			beat_say(&settings, every_ns, &off_beat);
		entrain_begin(agent);
		status = program_run(program, invocation->operands, invocation->operand_count);
		entrain_end(agent);
		if (once || status < 0)
			break;
		if (status)
			fprintf(stderr, "entrainctl: exec: %s: exit status %d\n", program->path,
				status);
		turns_skip(agent, every_ns, entrain_now_ns() - begun_ns);
	}
	return status < 0 ? STATUS_REFUSED : status;
}

/* Die as if the signal had not been caught: our caller shall see it. */
static void signal_repeat(int number)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };

	fflush(NULL);
	sigaction(number, &usual, NULL);
	raise(number);
}

static int exec_run(struct invocation *invocation)
{
	int64_t every_ns = option_number(&invocation->options, "every");
	struct program program;
	struct entrain_agent *agent;
	int status, code;

	if (!option_given(&invocation->options, "every"))
		return message_usage("exec", "entrainctl exec --every 15min -- CMD...",
				     "--every is missing");
	if (!invocation->operand_count)
		return message_usage("exec", "entrainctl exec --every 15min -- CMD...",
				     "no program is given");
	invocation->operands[invocation->operand_count] = NULL; /* where -- or an option was */
	code = program_find(invocation->operands[0], &program);
	if (code)
		return message_failure(code == EACCES ? STATUS_NOT_PERMITTED : STATUS_REFUSED,
				       invocation->operands[0], NULL, "%s",
				       code == ENOENT ? "there is no such program"
						      : strerror(code));
	status = join(invocation, every_ns);
	if (status)
		return status;
	agent = waiting;
	signals_take();
	status = turns_take(invocation, &program, every_ns);
	signals_block(SIG_BLOCK);
	waiting = NULL;
	entrain_leave(agent);
	signals_block(SIG_UNBLOCK);
	if (caught)
		signal_repeat(caught);
	return status;
}

static const struct option_row exec_options[] = {
	{ .name = "swarm",
	  .kind = OPTION_TEXT,
	  .argument = "SWARM",
	  .fallback = "default",
	  .text = "the swarm to be in" },
	{ .name = "every",
	  .kind = OPTION_DURATION,
	  .text = "how often",
	  .least = INT64_C(1000000),
	  .most = INT64_C(86400000000000) },
	{ .name = "once", .kind = OPTION_FLAG, .text = "at the first turn only" },
	{ .name = NULL },
};

const struct command command_exec = {
	.name = "exec",
	.operands = "-- CMD...",
	.text = "run a program at each turn, apart from others that do",
	.detail =
		"Runs CMD once at each turn of an agent of its own: staggered cron, for what has\n"
		"no flush that could wait. A missing swarm is created, from its section of the\n"
		"configuration file or with the period of --every. A run that takes longer than\n"
		"to the next turn leaves turns out, and that is said. Ends at SIGTERM, SIGINT,\n"
		"SIGHUP or SIGQUIT, which CMD gets too, once CMD has ended. With --once the exit\n"
		"status is that of CMD.",
	.examples = "  entrainctl exec --swarm backups --every 15min -- redis-cli BGSAVE\n"
		    "  entrainctl exec --every 1h --once -- logrotate /etc/logrotate.conf",
	.options = exec_options,
	.flags = COMMAND_DIR,
	.operands_most = -1,
	.run = exec_run,
};

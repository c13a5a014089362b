/* SPDX-License-Identifier: MIT */
/* agent_wait.c - sleep until the turn, with a deadline, cancellable, or through a timerfd. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include "agent.h"
#include "clock.h"

static struct timespec timespec_of(int64_t instant_ns)
{
	struct timespec time = { .tv_sec = instant_ns / 1000000000,
				 .tv_nsec = instant_ns % 1000000000 };

	if (instant_ns < 0)
		time = (struct timespec){ 0 };
	return time;
}

/* Our timers bear an interval that nobody else's has: 90 years, and ns that are drawn for each agent. */
#define TIMER_MARK_S INT64_C(2840184000)

int64_t agent_wake_ns(const struct entrain_agent *agent, int64_t now_ns)
{
	int64_t undelayed_ns = agent->turn_ns - agent->delay_ns, look_ns;

	if (now_ns < undelayed_ns)
		look_ns = undelayed_ns;
	else if (!agent_acts_now(agent))
		return undelayed_ns;
	else
		look_ns = now_ns;
	/* Asleep in a delay, look at the mode again and again, so that switching off is obeyed. An agent at rest has no
	 * delay and does not wake for this. */
	look_ns += OFF_LATENCY_NS / 2;
	look_ns = agent->turn_ns < look_ns ? agent->turn_ns : look_ns;
	/* Who is to sleep for long looks at the period now and then. */
	return look_ns - now_ns > PERIOD_LOOK_NS ? now_ns + PERIOD_LOOK_NS : look_ns;
}

int64_t entrain_wake_ns(const struct entrain_agent *agent)
{
	if (!agent || !agent_here(agent) || agent_unplanned(agent))
		return INT64_MAX;
	return agent_wake_ns(agent, clock_now_ns());
}

static int wait_until(struct entrain_agent *agent, int64_t deadline_ns)
{
	for (;;) {
		int64_t now_ns = clock_now_ns(), wake_ns;
		struct timespec wake;

		agent_turn_check(agent, now_ns);
		wake_ns = agent_wake_ns(agent, now_ns);
		if (sem_trywait(&agent->cancel) == 0) {
			while (sem_trywait(&agent->cancel) == 0)
				;
			return ENTRAIN_CANCELED;
		}
		if (now_ns >= wake_ns) {
			agent->door_told = true;
			return 0;
		}
		if (now_ns >= deadline_ns)
			return ENTRAIN_TIMEOUT;
		wake = timespec_of(wake_ns < deadline_ns ? wake_ns : deadline_ns);
		/* A cancellation point; a post before or during it ends it, so no cancel is lost: it is seen by
		 * sem_trywait() above after being put back. */
		if (sem_clockwait(&agent->cancel, CLOCK_MONOTONIC, &wake) == 0)
			sem_post(&agent->cancel);
	}
}

int entrain_wait_until(struct entrain_agent *agent, int64_t deadline_ns)
{
	int saved = errno, result;

	if (!agent)
		return ENTRAIN_USAGE;
	if (!agent_here(agent))
		return ENTRAIN_FORKED;
	agent_upkeep(agent);
	agent_door_wait(agent, clock_now_ns());
	result = wait_until(agent, deadline_ns);
	errno = saved;
	return result;
}

int entrain_wait(struct entrain_agent *agent)
{
	return entrain_wait_until(agent, INT64_MAX);
}

void entrain_cancel(struct entrain_agent *agent)
{
	int saved = errno;

	if (agent && agent_here(agent))
		sem_post(&agent->cancel);
	errno = saved;
}

static struct timespec timer_mark(const struct entrain_agent *agent)
{
	return (struct timespec){ .tv_sec = TIMER_MARK_S, .tv_nsec = agent->timer_mark };
}

/*
 * A daemon closes descriptors that it does not know, and opens its own under their numbers. Ours is a timerfd that bears
 * our mark, armed or expired; any other is forgotten, neither read nor closed.
 */
static bool timer_ours(struct entrain_agent *agent)
{
	const struct timespec mark = timer_mark(agent);
	struct itimerspec timer;
	int saved = errno;
	bool ours = agent->timer_fd >= 0 && timerfd_gettime(agent->timer_fd, &timer) == 0 &&
		    timer.it_interval.tv_sec == mark.tv_sec &&
		    timer.it_interval.tv_nsec == mark.tv_nsec;

	errno = saved;
	if (!ours)
		agent->timer_fd = -1;
	return ours;
}

/* INT64_MAX: not at all, which is a century from now, for a disarmed timer bears no mark. */
static void timer_arm(struct entrain_agent *agent, int64_t wake_ns)
{
	struct itimerspec timer = { .it_value = timespec_of(wake_ns > 0 ? wake_ns : 1),
				    .it_interval = timer_mark(agent) };
	int saved = errno;

	if (wake_ns == INT64_MAX)
		timer.it_value = (struct timespec){ .tv_sec = TIMER_MARK_S };
	timerfd_settime(agent->timer_fd, TFD_TIMER_ABSTIME, &timer, NULL);
	errno = saved;
}

static void timer_set(struct entrain_agent *agent, int64_t wake_ns)
{
	if (timer_ours(agent))
		timer_arm(agent, wake_ns);
}

void agent_timer_close(struct entrain_agent *agent)
{
	if (timer_ours(agent))
		close(agent->timer_fd);
	agent->timer_fd = -1;
}

void agent_arm(struct entrain_agent *agent)
{
	if (agent->timer_fd >= 0)
		timer_set(agent, agent_unplanned(agent) ? INT64_MAX
							: agent_wake_ns(agent, clock_now_ns()));
}

int entrain_timerfd(struct entrain_agent *agent)
{
	if (!agent || !agent_here(agent)) {
		errno = EINVAL;
		return -1;
	}
	if (!timer_ours(agent)) {
		agent->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
		if (agent->timer_fd >= 0)
			timer_arm(agent, INT64_MAX);
	}
	agent_arm(agent);
	return agent->timer_fd;
}

static void timer_read(struct entrain_agent *agent)
{
	uint64_t expirations;
	int cancel_state;

	if (!timer_ours(agent))
		return;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	while (read(agent->timer_fd, &expirations, sizeof(expirations)) < 0 && errno == EINTR)
		;
	pthread_setcancelstate(cancel_state, NULL);
}

int entrain_due(struct entrain_agent *agent)
{
	int64_t now_ns, wake_ns;
	int saved = errno;

	if (!agent || !agent_here(agent))
		return 0;
	agent_upkeep(agent);
	agent_door_wait(agent, clock_now_ns());
	if (agent_unplanned(agent))
		return 0;
	timer_read(agent);
	now_ns = clock_now_ns();
	agent_turn_check(agent, now_ns);
	wake_ns = agent_wake_ns(agent, now_ns);
	if (now_ns < wake_ns && agent->timer_fd >= 0)
		timer_set(agent, wake_ns);
	agent->door_told = now_ns >= wake_ns;
	errno = saved;
	return now_ns >= wake_ns;
}

/* SPDX-License-Identifier: MIT */
/* test_events.c - what agents did is known afterwards: who left, who was killed, whose slot was taken, and when all are gone. */
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "life.h"
#include "recorder.h"

#define PERIOD_NS (20 * LIFE_MS)
#define SPACE 4096

static struct entrain_event events[SPACE];
static unsigned count;

/* Reads all events on a handle of its own, and checks what always holds. */
static void read_events(void)
{
	struct entrain_swarm *swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_READ, NULL);
	struct entrain_error error = { .code = ENTRAIN_OK };

	life_check(swarm != NULL);
	life_check(entrain_events(swarm, events, SPACE, &count, &error) == 0);
	life_check(count <= SPACE);
	for (unsigned i = 0; i < count; i++) {
		life_check(events[i].when_ns <= entrain_now_ns());
		life_check(events[i].when_ns > entrain_now_ns() - 120 * LIFE_S);
		life_check(i == 0 || events[i - 1].when_ns <= events[i].when_ns);
		life_check(strcmp(entrain_event_name((int)events[i].kind), "?") != 0);
		life_check(events[i].text[0]);
	}
	entrain_close(swarm);
}

/* The first event of a kind by a process, or -1. */
static int event_of(uint32_t kind, uint32_t pid)
{
	for (unsigned i = 0; i < count; i++)
		if (events[i].kind == kind && events[i].pid == pid)
			return (int)i;
	return -1;
}

static void lives_and_deaths_are_told_in_order(void **state)
{
	struct life_worker *workers = life_workers(4);
	int joined[4], left;
	char text[80];

	(void)state;
	life_create(8, PERIOD_NS);
	for (unsigned i = 0; i < 4; i++)
		life_work(&workers[i]); /* one after the other */
	read_events();
	for (unsigned i = 0; i < 4; i++) {
		joined[i] = event_of(ENTRAIN_EVENT_JOINED, (uint32_t)workers[i].pid);
		life_check(joined[i] >= 0);
		life_check(i == 0 || joined[i - 1] < joined[i]);
		life_check(events[joined[i]].slot == i);
		snprintf(text, sizeof(text), "joined as pid %d", (int)workers[i].pid);
		assert_string_equal(events[joined[i]].text, text);
		life_check(events[joined[i]].name[0] != 0);
	}
	swarm_child_kill(workers[1].pid);
	life_end(&workers[2]);
	life_end(&workers[0]);
	swarm_child_kill(workers[3].pid);
	life_reap(NULL, NULL);
	life_check(life_occupied() == 0);
	/* Nobody is left, but their words are. */
	read_events();
	for (unsigned i = 0; i < 4; i++)
		life_check(event_of(ENTRAIN_EVENT_JOINED, (uint32_t)workers[i].pid) >= 0);
	left = event_of(ENTRAIN_EVENT_LEFT, (uint32_t)workers[2].pid);
	life_check(left >= 0 && events[left].slot == 2 && events[left].name[0]);
	life_check(event_of(ENTRAIN_EVENT_LEFT, (uint32_t)workers[0].pid) > left);
	life_check(event_of(ENTRAIN_EVENT_LEFT, (uint32_t)workers[1].pid) < 0);
	life_check(event_of(ENTRAIN_EVENT_LEFT, (uint32_t)workers[3].pid) < 0);
	life_remove();
}

static void join_and_end(void *context)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_agent *agent;

	options.name = context;
	options.label = "once";
	agent = entrain_join(LIFE_SWARM, &options, NULL);
	life_check(agent != NULL);
	life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
	_exit(0); /* without leaving */
}

static void the_next_owner_of_a_slot_goes_on_in_its_ring(void **state)
{
	char first[] = "first", second[] = "second";
	uint32_t pids[2];
	int one, other;
	pid_t pid;

	(void)state;
	life_create(1, PERIOD_NS);
	pid = life_fork(join_and_end, first);
	pids[0] = (uint32_t)pid;
	life_ended_well(pid);
	read_events();
	one = event_of(ENTRAIN_EVENT_JOINED, pids[0]);
	life_check(one >= 0);
	assert_string_equal(events[one].name, "first");
	assert_string_equal(events[one].label, "once");
	/* The one slot is its successor's: the name is not known any more, the pid is. */
	pid = life_fork(join_and_end, second);
	pids[1] = (uint32_t)pid;
	life_ended_well(pid);
	read_events();
	one = event_of(ENTRAIN_EVENT_JOINED, pids[0]);
	other = event_of(ENTRAIN_EVENT_JOINED, pids[1]);
	life_check(one >= 0 && other > one);
	assert_string_equal(events[one].name, "");
	assert_string_equal(events[other].name, "second");
	life_check(events[one].order != events[other].order);
	life_remove();
}

static void many_owners_leave_the_latest_events(void **state)
{
	char name[] = "one of many";
	pid_t last = 0;

	(void)state;
	life_create(1, PERIOD_NS);
	for (int i = 0; i < 2 * (int)SHM_RING_EVENTS; i++) {
		last = life_fork(join_and_end, name);
		life_ended_well(last);
	}
	read_events();
	life_check(count == SHM_RING_EVENTS);
	life_check(event_of(ENTRAIN_EVENT_JOINED, (uint32_t)last) >= 0);
	life_remove();
}

/* Its slot is taken from an agent that lives, as happens in a full swarm: it joins again, and says so. */
static void a_fenced_owner_says_so_in_its_new_slot(void **state)
{
	struct life_worker *worker = life_workers(1);
	struct entrain_agent *agent;
	uint32_t self = (uint32_t)getpid();
	int fenced, joined;

	(void)state;
	life_create(4, PERIOD_NS);
	agent = entrain_join(LIFE_SWARM, NULL, NULL);
	life_check(agent != NULL && agent->index == 0);
	life_check(roster_free(&agent->roster, 0, agent->owner.version));
	life_work(worker);
	life_check(life_pid_of(0) == (uint32_t)worker->pid);
	while (agent->index == 0 || !entrain_joined(agent, NULL)) {
		life_check(entrain_wait(agent) == 0);
		life_check(entrain_begin(agent) == 0);
		life_check(entrain_end(agent) == 0);
	}
	life_end(worker);
	entrain_leave(agent);
	read_events();
	fenced = event_of(ENTRAIN_EVENT_FENCED, self);
	life_check(fenced >= 0 && events[fenced].slot == 1 && events[fenced].value == 0);
	joined = event_of(ENTRAIN_EVENT_JOINED, (uint32_t)worker->pid);
	life_check(joined >= 0 && events[joined].slot == 0 && joined < fenced);
	/* What it had noted in its former slot is there, and nothing after its successor came. */
	for (unsigned i = (unsigned)joined; i < count; i++)
		life_check(events[i].slot != 0 || events[i].pid == (uint32_t)worker->pid);
	joined = event_of(ENTRAIN_EVENT_JOINED, self);
	life_check(joined >= 0 && events[joined].slot == 0);
	life_remove();
}

/* What each agent told at first is all that there is ten periods later. */
static void a_swarm_at_rest_writes_nothing(void **state)
{
	struct entrain_settings settings;
	struct life_worker *workers = life_workers(4);
	struct entrain_status status;
	uint64_t turns;
	bool rested = false;

	(void)state;
	entrain_settings_init(&settings);
	settings.capacity = 8;
	settings.period_ns = 5 * PERIOD_NS;
	life_create_with(&settings);
	life_work_all(workers, 4);
	/* On a busy machine it may be disturbed now and then: at rest is when it was not. */
	for (int tries = 0; tries < 10 && !rested; tries++) {
		unsigned before;
		int64_t latest_ns;

		life_until((life_status(&status), status.measure.converged));
		read_events();
		before = count;
		latest_ns = count ? events[count - 1].when_ns : 0;
		turns = workers[0].turns;
		life_until(workers[0].turns >= turns + 10);
		read_events();
		rested = count == before && events[count - 1].when_ns == latest_ns;
	}
	life_check(rested);
	life_end_all(workers, 4);
	life_remove();
}

static void a_change_of_mode_is_told_once_by_each(void **state)
{
	struct life_worker *workers = life_workers(3);
	unsigned told = 0;

	(void)state;
	life_create(8, PERIOD_NS);
	life_work_all(workers, 3);
	life_mode(ENTRAIN_OBSERVE);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t turns = workers[i].turns;

		life_until(workers[i].turns >= turns + 4);
	}
	read_events();
	for (unsigned i = 0; i < count; i++)
		told += events[i].kind == ENTRAIN_EVENT_MODE && events[i].value == ENTRAIN_OBSERVE;
	assert_int_equal(told, 3);
	life_end_all(workers, 3);
	life_remove();
}

/* ---- slots with a ring, and those beyond ---------------------------------------------------- */

#define AROUND 4u
#define FIRST (SHM_RINGS - AROUND)

/* How many events of a slot there are; the place of the latest. */
static unsigned events_of(uint32_t slot, unsigned *latest)
{
	unsigned found = 0;

	for (unsigned i = 0; i < count; i++)
		if (events[i].slot == slot) {
			*latest = i;
			found++;
		}
	return found;
}

/* Of each of these slots the latest event is `kind`, by its owner; of those that have no ring it is the only one. */
static void latest_of_each_is(uint32_t kind, unsigned at_least)
{
	char name[24];
	unsigned at = 0;

	read_events();
	for (uint32_t slot = FIRST; slot < SHM_RINGS + AROUND; slot++) {
		unsigned found = events_of(slot, &at);

		if (slot < SHM_RINGS)
			life_check(found >= at_least && found <= SHM_RING_EVENTS);
		else
			life_check(found == 1);
		snprintf(name, sizeof(name), "in slot %u", slot);
		assert_string_equal(events[at].name, name);
		assert_int_equal(events[at].kind, kind);
		assert_int_equal(events[at].pid, getpid());
	}
}

/* Of who has left, too, the pid is known, also where nothing else is left of it. */
static void each_slot_keeps_what_it_has_room_for(void **state)
{
	struct entrain_agent *agents[2 * AROUND];
	unsigned at = 0;

	(void)state;
	life_create(SHM_RINGS + AROUND, PERIOD_NS);
	for (uint32_t i = 0; i < FIRST; i++) {
		struct slot_owner owner;

		life_check(
			slot_claim(&owner, &life_slots()[i], (uint32_t)getpid(), entrain_now_ns()));
	}
	for (uint32_t i = 0; i < 2 * AROUND; i++) {
		struct entrain_options options = ENTRAIN_OPTIONS;
		char name[24];

		snprintf(name, sizeof(name), "in slot %u", FIRST + i);
		options.name = name;
		agents[i] = entrain_join(LIFE_SWARM, &options, NULL);
		life_check(agents[i] && agents[i]->index == FIRST + i);
	}
	latest_of_each_is(ENTRAIN_EVENT_JOINED, 1);
	for (uint32_t i = 0; i < 2 * AROUND; i++)
		for (uint32_t n = 0; n < 3; n++)
			recorder_note(&agents[i]->recorder, entrain_now_ns(), ENTRAIN_EVENT_LATE,
				      n);
	latest_of_each_is(ENTRAIN_EVENT_LATE, 4);
	/* One of them forgets that it joined. */
	for (uint32_t n = 0; n < SHM_RING_EVENTS; n++)
		recorder_note(&agents[1]->recorder, entrain_now_ns(), ENTRAIN_EVENT_LATE, n);
	for (uint32_t i = 0; i < 2 * AROUND; i++)
		entrain_leave(agents[i]);
	latest_of_each_is(ENTRAIN_EVENT_LEFT, 5);
	assert_int_equal(events_of(FIRST + 1, &at), SHM_RING_EVENTS);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(events[i].pid, getpid());
	for (uint32_t i = 0; i < FIRST; i++)
		life_check(slot_free(&life_slots()[i], life_slots()[i].version));
	life_remove();
}

/* ---- readers ------------------------------------------------------------------------------ */

static void the_latest_are_given_where_there_is_little_room(void **state)
{
	struct entrain_event few[4];
	struct entrain_swarm *swarm;
	unsigned all, want = 0;

	(void)state;
	life_create(300, PERIOD_NS);
	for (uint32_t i = 0; i < 300;
	     i += 3) { /* some parts, with holes and rings of both lengths */
		struct slot_owner owner;
		struct recorder recorder;

		life_check(slot_claim(&owner, &life_slots()[i], 1, entrain_now_ns()));
		recorder_open(&recorder, ring_of(life_agents(), life_slots(), i), &life_slots()[i],
			      owner.version);
		/* the other way round in time than in slots, and each a few */
		for (uint32_t n = 0; n < i % 25; n++)
			recorder_note(&recorder, LIFE_S + (300 - i) * LIFE_MS + n,
				      ENTRAIN_EVENT_LATE, i << 8 | n);
		want += i % 25 < ring_length(i) ? i % 25 : ring_length(i);
	}
	swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_READ, NULL);
	life_check(entrain_events(swarm, NULL, 0, &all, NULL) == 0);
	life_check(entrain_events(swarm, events, SPACE, &count, NULL) == 0);
	life_check(all == count && count == want);
	life_check(events[0].slot >= SHM_RINGS && events[count - 1].slot < SHM_RINGS);
	for (unsigned i = 1; i < count; i++) {
		const struct entrain_event *one = &events[i - 1], *other = &events[i];

		life_check(one->when_ns < other->when_ns ||
			   (one->when_ns == other->when_ns && one->slot == other->slot &&
			    one->value + 1 == other->value));
		life_check(one->value >> 8 == one->slot);
	}
	life_check(entrain_events(swarm, few, 4, &count, NULL) == 0 && count == all);
	assert_memory_equal(few, &events[all - 4], sizeof(few));
	life_check(entrain_events(swarm, NULL, 4, &count, NULL) == ENTRAIN_USAGE);
	life_check(entrain_events(NULL, few, 4, &count, NULL) == ENTRAIN_USAGE);
	entrain_close(swarm);
	life_remove();
}

#define SLOTS (SHM_RINGS + 60)

static void garbage_write(void *to, size_t size, uint64_t *seed)
{
	for (size_t i = 0; i < size / 8; i++) {
		*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		((_Atomic uint64_t *)to)[i] = *seed ^ *seed >> 29;
	}
}

static void what_cannot_be_is_left_out(void **state)
{
	uint64_t seed = 5;
	bool beyond = false;

	(void)state;
	life_create(SLOTS, PERIOD_NS);
	garbage_write(life_slots(), SLOTS * sizeof(struct shm_slot), &seed);
	garbage_write(life_agents()->ring, sizeof(life_agents()->ring), &seed);
	{
		struct entrain_swarm *swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_READ, NULL);

		/* Tags that match and instants about now are rare by chance. */
		for (unsigned s = 0; s < SLOTS; s++)
			for (unsigned i = 0; i < ring_length(s); i++) {
				struct ring ring = ring_of(life_agents(), life_slots(), s);
				uint64_t what = ring.event[i].what;
				int64_t ago_ns = (int64_t)(what % (uint64_t)(2 * LIFE_S)) - LIFE_S;

				ring.event[i].when =
					what >> SHM_VALUE_BITS << SHM_VALUE_BITS |
					instant_pack(entrain_now_ns() - ago_ns, SHM_VALUE_BITS);
			}
		life_check(entrain_events(swarm, events, SPACE, &count, NULL) == 0);
		life_check(count > 100 && count < SHM_RINGS * SHM_RING_EVENTS);
		for (unsigned i = 0; i < count; i++) {
			life_check(events[i].when_ns >= 0 && events[i].when_ns <= entrain_now_ns());
			life_check(events[i].slot < SLOTS);
			beyond |= events[i].slot >= SHM_RINGS;
			for (const char *c = events[i].text; *c; c++)
				life_check(*c >= 0x20 && *c <= 0x7e);
			for (const char *c = events[i].name; *c; c++)
				life_check(*c >= 0x20 && *c <= 0x7e);
		}
		life_check(beyond);
		entrain_close(swarm);
	}
	life_remove();
}

static void a_removed_swarm_still_tells(void **state)
{
	char name[] = "last";
	struct entrain_swarm *swarm;
	struct entrain_error error = { .code = ENTRAIN_OK };
	pid_t pid;

	(void)state;
	life_create(2, PERIOD_NS);
	swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_READ, NULL);
	pid = life_fork(join_and_end, name);
	life_ended_well(pid);
	life_remove();
	life_check(entrain_events(swarm, events, SPACE, &count, &error) == ENTRAIN_NO_SWARM);
	life_check(error.code == ENTRAIN_NO_SWARM);
	life_check(event_of(ENTRAIN_EVENT_JOINED, (uint32_t)pid) >= 0);
	entrain_close(swarm);
}

/* Shorter than its header says: an error, and no SIGBUS. */
static void a_truncated_object_is_read_as_far_as_it_goes(void **state)
{
	struct entrain_swarm *swarm;
	char path[512];

	(void)state;
	life_create(64, PERIOD_NS);
	swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_READ, NULL);
	snprintf(path, sizeof(path), "%s/entrain.%s.agents", swarm_fixture_dir(), LIFE_SWARM);
	for (off_t size = SHM_AGENTS_SIZE(3); size >= 0; size -= size > 4096 ? 4096 : 512) {
		life_check(truncate(path, size) == 0);
		life_check(entrain_events(swarm, events, SPACE, &count, NULL) == 0);
		life_check(count == 0);
		if (size == 0)
			break;
	}
	entrain_close(swarm);
	life_remove();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)
	const struct CMUnitTest tests[] = {
		TEST(lives_and_deaths_are_told_in_order),
		TEST(the_next_owner_of_a_slot_goes_on_in_its_ring),
		TEST(many_owners_leave_the_latest_events),
		TEST(a_fenced_owner_says_so_in_its_new_slot),
		TEST(a_swarm_at_rest_writes_nothing),
		TEST(a_change_of_mode_is_told_once_by_each),
		TEST(each_slot_keeps_what_it_has_room_for),
		TEST(the_latest_are_given_where_there_is_little_room),
		TEST(what_cannot_be_is_left_out),
		TEST(a_removed_swarm_still_tells),
		TEST(a_truncated_object_is_read_as_far_as_it_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* test_host.c - no harm to the host: its descriptors, threads, copies of the library and locks of strangers. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include "clock.h"
#include "life.h"
#include "segment_forge.h"

#define PERIOD_NS (20 * LIFE_MS)
#define TURNS 20

static struct entrain_agent *join(void)
{
	struct entrain_agent *agent = entrain_join(LIFE_SWARM, NULL, NULL);

	life_check(agent && entrain_joined(agent, NULL));
	return agent;
}

static void turn(struct entrain_agent *agent)
{
	life_check(entrain_wait(agent) == 0);
	life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
}

/* ---- slots ------------------------------------------------------------------------------- */

static void an_agent_keeps_the_slot_that_its_neighbour_in_the_process_lost(void **state)
{
	struct entrain_agent *loser, *heir, *third;
	int64_t deadline_ns = entrain_now_ns() + LIFE_PATIENCE_NS;

	(void)state;
	life_create(2, PERIOD_NS);
	loser = join();
	third = join();
	/* As an agent of a full swarm frees one that was silent too long. */
	life_check(slot_free(loser->owner.slot, loser->owner.version));
	heir = join();
	assert_int_equal(heir->index, 0);
	entrain_leave(third);
	for (int turns = 0; turns < TURNS || !slot_owned(&loser->owner); turns++) {
		turn(loser);
		assert_true(slot_owned(&heir->owner));
		turn(heir);
		assert_true(slot_owned(&heir->owner));
		assert_int_equal(heir->index, 0);
		assert_true(entrain_now_ns() < deadline_ns);
	}
	assert_int_equal(loser->index, 1);
	entrain_leave(loser);
	entrain_leave(heir);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

/* One copy of the library, with an agent. */
struct copy {
	void *library;
	struct entrain_agent *agent;
	__typeof__(&entrain_join) join;
	__typeof__(&entrain_wait) wait;
	__typeof__(&entrain_begin) begin;
	__typeof__(&entrain_end) end;
	__typeof__(&entrain_joined) joined;
	__typeof__(&entrain_leave) leave;
};

#define SYMBOL(copy, name) ((copy)->name = dlsym((copy)->library, "entrain_" #name))

static void copy_file(const char *from, const char *to)
{
	int source = open(from, O_RDONLY | O_CLOEXEC),
	    target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	char bytes[65536];
	ssize_t size;

	life_check(source >= 0 && target >= 0);
	while ((size = read(source, bytes, sizeof(bytes))) > 0)
		life_check(write(target, bytes, (size_t)size) == size);
	life_check(size == 0);
	close(source);
	close(target);
}

/* From a file of its own, or else the loader would give the same copy again. */
static void copy_open(struct copy *copy, const char *path, unsigned number)
{
	char own[400];

	snprintf(own, sizeof(own), "%s/copy%u.so", swarm_fixture_dir(), number);
	copy_file(path, own);
	copy->library = dlopen(own, RTLD_NOW | RTLD_LOCAL);
	if (!copy->library)
		fail_msg("%s", dlerror());
	unlink(own);
	life_check(SYMBOL(copy, join) && SYMBOL(copy, wait) && SYMBOL(copy, begin));
	life_check(SYMBOL(copy, end) && SYMBOL(copy, joined) && SYMBOL(copy, leave));
	copy->agent = copy->join(LIFE_SWARM, NULL, NULL);
	life_check(copy->agent && copy->joined(copy->agent, NULL));
}

static void two_copies_of_the_library_do_not_free_each_others_slots(void **state)
{
	const char *builddir = getenv("builddir");
	struct copy copies[2];
	char path[300];

	(void)state;
	snprintf(path, sizeof(path), "%s/.libs/libentrain.so", builddir ? builddir : ".");
	if (access(path, R_OK)) {
		print_message("skipped: no shared library at %s\n", path);
		skip();
	}
	life_create(16, PERIOD_NS);
	for (unsigned i = 0; i < 2; i++)
		copy_open(&copies[i], path, i);
	assert_int_equal(life_occupied(), 2);
	for (int turns = 0; turns < 2 * TURNS; turns++) {
		struct copy *copy = &copies[turns % 2];

		life_check(copies[0].joined(copies[0].agent, NULL));
		life_check(copies[1].joined(copies[1].agent, NULL));
		life_check(copy->wait(copy->agent) == 0);
		life_check(copy->begin(copy->agent) == 0 && copy->end(copy->agent) == 0);
		assert_int_equal(life_occupied(), 2);
	}
	for (unsigned i = 0; i < 2; i++) {
		copies[i].leave(copies[i].agent);
		assert_int_equal(life_occupied(), 1 - i);
	}
	life_remove(); /* the copies stay loaded: their handlers of fork and exit do */
}

/* ---- descriptors -------------------------------------------------------------------------- */

#define CLOSED_END 64

/* What daemons do: close all, and open what they need. A file of the host has number `wanted` then. */
static void close_all_and_open(int wanted)
{
	char bytes[64] = "the host's";
	int fd;

	life_check(wanted >= 3 && wanted < CLOSED_END);
	for (fd = 3; fd < CLOSED_END; fd++)
		close(fd);
	fd = memfd_create("host", 0);
	life_check(fd >= 0 && write(fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes));
	if (fd != wanted) {
		life_check(dup2(fd, wanted) == wanted);
		close(fd);
	}
	life_check(lseek(wanted, 0, SEEK_SET) == 0);
}

static void check_untouched(int fd)
{
	life_check(fcntl(fd, F_GETFD) == 0);
	life_check(lseek(fd, 0, SEEK_CUR) == 0);
	life_check(lseek(fd, 0, SEEK_END) == 64 && lseek(fd, 0, SEEK_SET) == 0);
}

static void live_with_closed_descriptors(struct entrain_agent *agent, int fd)
{
	for (int i = 0; i < 3; i++) {
		life_until((check_untouched(fd), entrain_due(agent)));
		life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
		check_untouched(fd);
	}
	entrain_leave(agent);
	check_untouched(fd);
}

static void close_after_timerfd(void *context)
{
	struct entrain_agent *agent = join();
	int fd = entrain_timerfd(agent);

	(void)context;
	close_all_and_open(fd);
	live_with_closed_descriptors(agent, fd);
}

static void close_before_rejoin(void *context)
{
	struct entrain_agent *agent = context;
	int fd = agent->timer_fd;

	close_all_and_open(fd);
	life_check(entrain_rejoin(agent, NULL) == 0);
	check_untouched(fd);
	live_with_closed_descriptors(agent, fd);
}

/* Descriptors of the host's that are timers as well: one that was never armed, and one that has expired. */
static void timers_of_the_host_under_our_number(void *context)
{
	static const struct itimerspec never = { 0 }, at_once = { .it_value = { 0, 1 } };

	(void)context;
	for (unsigned row = 0; row < 2; row++) {
		struct entrain_agent *agent = join();
		const int fd = entrain_timerfd(agent);
		struct itimerspec timer;
		uint64_t expirations = 0;

		life_check(fd >= 0);
		close(fd);
		life_check(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK) == fd);
		life_check(timerfd_settime(fd, 0, row ? &at_once : &never, NULL) == 0);
		for (unsigned turns = 0; turns < 3; turns++) {
			life_until(entrain_due(agent));
			life_check(entrain_begin(agent) == 0 && entrain_end(agent) == 0);
		}
		life_check(timerfd_gettime(fd, &timer) == 0);
		life_check(timer.it_value.tv_sec == 0 && timer.it_value.tv_nsec == 0);
		if (row)
			life_check(read(fd, &expirations, sizeof(expirations)) == 8 &&
				   expirations == 1);
		/* It gets a new one under another number. */
		life_check(entrain_timerfd(agent) >= 0 && entrain_timerfd(agent) != fd);
		entrain_leave(agent);
		life_check(fcntl(fd, F_GETFD) >= 0);
		close(fd);
	}
}

static void a_timer_of_the_hosts_is_not_taken_for_ours(void **state)
{
	(void)state;
	life_create(8, PERIOD_NS);
	life_ended_well(life_fork(timers_of_the_host_under_our_number, NULL));
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

static void a_host_that_closes_all_descriptors_keeps_those_it_opens_then(void **state)
{
	struct entrain_agent *agent;

	(void)state;
	life_create(8, PERIOD_NS);
	life_ended_well(life_fork(close_after_timerfd, NULL));
	agent = join();
	life_check(entrain_timerfd(agent) >= 0);
	life_ended_well(life_fork(close_before_rejoin, agent));
	entrain_leave(agent);
	assert_int_equal(life_occupied(), 0);
	life_remove();
}

/* ---- locks --------------------------------------------------------------------------------- */

struct holder {
	char path[400];
	short type;
	_Atomic int held, stop;
};

static int lock_whole(int fd, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &lock);
}

/* A creator that stands still in the middle of its work. */
static void hold_as_creator(void *context)
{
	struct holder *holder = context;
	int fd = open(holder->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	life_check(fd >= 0 && lock_whole(fd, F_WRLCK) == 0);
	holder->held = 1;
	while (!holder->stop)
		life_pause();
}

struct joiner {
	_Atomic int done;
	enum entrain_code code;
};

static void *join_what_is_being_made(void *context)
{
	struct entrain_options options = ENTRAIN_OPTIONS;
	struct entrain_error error = { .code = ENTRAIN_OK };
	struct joiner *joiner = context;
	struct entrain_agent *agent;

	options.ready_timeout_ns = 3 * LIFE_S;
	agent = entrain_join("half", &options, &error);
	entrain_leave(agent);
	joiner->code = error.code;
	joiner->done = 1;
	return NULL;
}

static void a_join_that_waits_for_a_creator_stalls_no_other_thread(void **state)
{
	struct holder *holder = life_shared(sizeof(*holder));
	struct joiner joiner = { .done = 0 };
	struct entrain_agent *agent;
	int64_t longest_ns = 0;
	unsigned turns = 0;
	pthread_t thread;
	pid_t creator;

	(void)state;
	life_create(8, 50 * LIFE_MS);
	snprintf(holder->path, sizeof(holder->path), "%s/entrain.half.control",
		 swarm_fixture_dir());
	creator = life_fork(hold_as_creator, holder);
	life_until(holder->held);
	agent = join();
	assert_int_equal(pthread_create(&thread, NULL, join_what_is_being_made, &joiner), 0);
	while (!joiner.done) {
		int64_t before_ns = entrain_now_ns(), took_ns;

		turn(agent);
		took_ns = entrain_now_ns() - before_ns;
		longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
		turns++;
	}
	pthread_join(thread, NULL);
	assert_int_equal(joiner.code, ENTRAIN_NOT_READY);
	if (longest_ns >= LIFE_S || turns < 10)
		fail_msg("%u turns, the longest wait %lld ms", turns,
			 (long long)(longest_ns / LIFE_MS));
	holder->stop = 1;
	life_ended_well(creator);
	unlink(holder->path);
	entrain_leave(agent);
	life_remove();
}

static void hold_as_reader(void *context)
{
	struct holder *holder = context;
	int fd;

	life_check(forge_become_nobody(getppid()));
	life_check(open(holder->path, O_RDWR | O_CLOEXEC) < 0);
	fd = open(holder->path, O_RDONLY | O_CLOEXEC);
	life_check(fd >= 0);
	life_check(holder->type < 0 ? flock(fd, LOCK_EX) == 0 : lock_whole(fd, holder->type) == 0);
	holder->held = 1;
	while (!holder->stop)
		life_pause();
}

static void set_and_remove_under(struct holder *holder, short type)
{
	struct entrain_status status = ENTRAIN_STATUS;
	struct entrain_settings settings;
	struct entrain_swarm *swarm;
	struct entrain_agent *agent;
	pid_t reader;

	entrain_settings_init(&settings);
	settings.capacity = 8;
	settings.access = 0664;
	life_create_with(&settings);
	life_check(chmod(swarm_fixture_dir(), 0755) == 0);
	holder->type = type;
	holder->held = holder->stop = 0;
	reader = life_fork(hold_as_reader, holder);
	life_until(holder->held);
	agent = join();
	swarm = entrain_open(NULL, LIFE_SWARM, ENTRAIN_ADMIN, NULL);
	life_check(swarm != NULL);
	assert_int_equal(entrain_status(swarm, &status, NULL, 0, NULL), 0);
	status.settings.period_ns = 123 * LIFE_MS;
	assert_int_equal(entrain_set(swarm, &status.settings, NULL), 0);
	entrain_close(swarm);
	life_status(&status);
	assert_true(status.settings.period_ns == 123 * LIFE_MS);
	entrain_leave(agent);
	life_remove();
	holder->stop = 1;
	life_ended_well(reader);
}

static void a_reader_cannot_lock_administrators_out(void **state)
{
	struct holder *holder = life_shared(sizeof(*holder));

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: only root has another user at hand\n");
		skip();
	}
	snprintf(holder->path, sizeof(holder->path), "%s/entrain.%s.control", swarm_fixture_dir(),
		 LIFE_SWARM);
	set_and_remove_under(holder, F_RDLCK);
	set_and_remove_under(holder, -1); /* flock() */
}

/* ---- what is said ------------------------------------------------------------------------- */

static void another_kind_than_the_swarms_is_refused(void **state)
{
	static const uint32_t kinds[] = { ENTRAIN_TAKEN, ENTRAIN_RELATIVE, ENTRAIN_GRID };

	(void)state;
	for (int swarms = 0; swarms < 3; swarms++) {
		struct entrain_settings settings;

		entrain_settings_init(&settings);
		settings.capacity = 8;
		settings.kind = kinds[swarms];
		life_create_with(&settings);
		for (int asked = -1; asked < 3; asked++) {
			struct entrain_options options = ENTRAIN_OPTIONS;
			struct entrain_error error = { .code = ENTRAIN_OK };
			bool fits = asked < 0 || asked == swarms;
			struct entrain_agent *agent;

			options.kind = asked < 0 ? ENTRAIN_KIND_SWARM : kinds[asked];
			agent = entrain_join(LIFE_SWARM, &options, &error);
			assert_int_equal(agent != NULL, fits);
			assert_int_equal(error.code, fits ? ENTRAIN_OK : ENTRAIN_USAGE);
			entrain_leave(agent);
			assert_int_equal(life_occupied(), 0);
		}
		life_remove();
	}
}

static void a_liar_cannot_claim_more_overlap_than_there_are_agents(void **state)
{
	struct entrain_measure measure = ENTRAIN_MEASURE;
	struct entrain_agent *honest, *liar;

	(void)state;
	life_create(8, 100 * LIFE_MS);
	honest = join();
	liar = join();
	for (int i = 0; i < 3; i++) {
		turn(honest);
		turn(liar);
	}
	life_check(slot_set_fact(&liar->owner, FACT_OVERLAP, overlap_make(0xffffff, 0)));
	assert_int_equal(entrain_measure(honest, &measure), 0);
	assert_int_equal(measure.agents_alive, 2);
	assert_in_range(measure.peak_overlap, 0, 2);
	entrain_leave(honest);
	entrain_leave(liar);
	life_remove();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, life_setup, life_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_agent_keeps_the_slot_that_its_neighbour_in_the_process_lost),
		TEST(two_copies_of_the_library_do_not_free_each_others_slots),
		TEST(a_timer_of_the_hosts_is_not_taken_for_ours),
		TEST(a_host_that_closes_all_descriptors_keeps_those_it_opens_then),
		TEST(a_join_that_waits_for_a_creator_stalls_no_other_thread),
		TEST(a_reader_cannot_lock_administrators_out),
		TEST(another_kind_than_the_swarms_is_refused),
		TEST(a_liar_cannot_claim_more_overlap_than_there_are_agents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

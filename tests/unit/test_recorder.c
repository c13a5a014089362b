/* SPDX-License-Identifier: MIT */
/* test_recorder.c - the ring of events: what is lost, who goes on in it, what deaths, liars and former owners leave. */
#include "unit.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "mark.h"
#include "recorder.h"
#include "slot.h"

#define NOW_NS (INT64_C(1000000) << SHM_GRAIN_SHIFT)
#define KIND ENTRAIN_EVENT_REACHED
/* Shared accesses of one event at which a test may stop the writer. */
#define NOTE_MARKS 9

/* A slot, and the ring that goes with it wherever it lies. */
struct place {
	struct shm_slot slot;
	struct shm_event event[RING_MOST];
};

static struct place slot;
static unsigned length; /* of all rings: each test is run with both that there are */

static struct ring ring_at(struct place *of)
{
	return (struct ring){ of->event, length };
}

static int fresh(void **state)
{
	(void)state;
	memset(&slot, 0, sizeof(slot));
	return 0;
}

static int unmark(void **state)
{
	(void)state;
	mark_hook = NULL;
	return 0;
}

/* The instant that goes with a value: a reader that mixes two events is found out. */
static int64_t instant_of(uint32_t value)
{
	return NOW_NS + ((int64_t)value << SHM_GRAIN_SHIFT);
}

static void note(struct recorder *recorder, uint32_t value)
{
	recorder_note(recorder, instant_of(value), KIND, value);
}

static void own(struct slot_owner *owner, struct recorder *recorder, struct place *of, uint32_t pid)
{
	assert_true(slot_claim(owner, &of->slot, pid, NOW_NS));
	recorder_open(recorder, ring_at(of), &of->slot, owner->version);
}

static bool read_at(struct place *of, unsigned index, struct recorded *event)
{
	return recorder_read(ring_at(of), index % length, NOW_NS, event);
}

/* How many whole events there are. */
static unsigned count_events(struct place *of)
{
	struct recorded event;
	unsigned count = 0;

	for (unsigned i = 0; i < length; i++)
		count += read_at(of, i, &event);
	return count;
}

/* The `count` events before place `end` hold the values up to `last`, numbered one after the other. */
static bool holds_run(struct place *of, unsigned end, unsigned count, uint32_t last)
{
	uint8_t number = 0;

	for (unsigned i = 0; i < count; i++) {
		struct recorded event;

		if (!read_at(of, end + 2 * length - 1 - i, &event) || event.kind != KIND ||
		    event.value != last - i || event.when_ns != instant_of(event.value) ||
		    (i && (uint8_t)(event.number + 1) != number))
			return false;
		number = event.number;
	}
	return true;
}

static void the_oldest_is_lost_first_however_often_ring_and_numbers_wrap(void **state)
{
	struct slot_owner owner;
	struct recorder recorder;

	(void)state;
	own(&owner, &recorder, &slot, 42);
	for (uint32_t n = 0; n < 6000; n++) {
		unsigned want = n + 1 < length ? n + 1 : length;

		note(&recorder, n);
		assert_int_equal(count_events(&slot), want);
		assert_true(holds_run(&slot, recorder.at, want, n));
	}
}

static void the_next_owner_goes_on_behind_the_newest(void **state)
{
	struct slot_owner owner;
	struct recorder recorder;

	(void)state;
	for (uint32_t before = 0; before < 600; before++) {
		unsigned kept = before < length - 1 ? before : length - 1;

		memset(&slot, 0, sizeof(slot));
		own(&owner, &recorder, &slot, 42);
		for (uint32_t n = 0; n < before; n++)
			note(&recorder, n);
		slot_release(&owner);
		own(&owner, &recorder, &slot, 43);
		note(&recorder, before);
		assert_true(holds_run(&slot, recorder.at, kept + 1, before));
	}
}

static void each_event_names_its_owner(void **state)
{
	struct slot_owner owner;
	struct recorder recorder;
	struct recorded event;

	(void)state;
	for (uint32_t n = 0; n < 10; n++) {
		own(&owner, &recorder, &slot, 100 + n);
		note(&recorder, n);
		assert_true(read_at(&slot, n, &event));
		assert_int_equal(event.tag, version_incarnation(owner.version) & 0xffff);
		slot_release(&owner);
	}
	assert_int_equal(count_events(&slot), length < 10 ? length : 10);
}

static void publishing_does_not_stop_the_recorder(void **state)
{
	const struct slot_turn turn = { .period_ns = 1000 };
	struct slot_owner owner;
	struct recorder recorder;

	(void)state;
	own(&owner, &recorder, &slot, 42);
	for (uint32_t n = 0; n < 30; n++) {
		assert_true(slot_publish(&owner, &turn));
		note(&recorder, n);
	}
	assert_true(holds_run(&slot, recorder.at, length, 29));
}

static void nothing_is_recorded_without_a_slot_or_a_kind(void **state)
{
	struct recorder recorder = { 0 };
	struct slot_owner owner;

	(void)state;
	note(&recorder, 1);
	own(&owner, &recorder, &slot, 42);
	recorder_note(&recorder, NOW_NS, ENTRAIN_EVENT_NONE, 1);
	assert_int_equal(count_events(&slot), 0);
}

static void torn_words_are_no_event(void **state)
{
	struct slot_owner owner;
	struct recorder recorder;
	struct recorded event;
	uint64_t what, when;

	(void)state;
	own(&owner, &recorder, &slot, 42);
	note(&recorder, 1);
	what = slot.event[0].what;
	when = slot.event[0].when;
	assert_true(recorded_take(what, when, what, NOW_NS, &event));
	/* cleared before, after, or both */
	assert_false(recorded_take(tagged_make(owner.version, 0), when, what, NOW_NS, &event));
	assert_false(recorded_take(what, when, tagged_make(owner.version, 0), NOW_NS, &event));
	assert_false(recorded_take(0, when, 0, NOW_NS, &event));
	/* another event of the same owner came in between */
	assert_false(recorded_take(what, when, what + (UINT64_C(1) << 40), NOW_NS, &event));
	/* an instant of another writer, in each bit of the tag */
	for (int bit = SHM_VALUE_BITS; bit < 64; bit++)
		assert_false(recorded_take(what, when ^ UINT64_C(1) << bit, what, NOW_NS, &event));
}

/* Whatever stands in the ring: reading it ends, and the next owner's events are all there. */
static void garbage_in_every_word_is_written_over(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct slot_owner owner;
		struct recorder recorder;
		struct recorded event;
		uint32_t notes = (uint32_t)(next_random(&seed) % 60);

		memset(&slot, 0, sizeof(slot));
		for (unsigned i = 0; i < length; i++) {
			uint64_t mask = round % 3 == 0 ? UINT64_MAX : next_random(&seed);

			slot.event[i].what = next_random(&seed) & mask;
			slot.event[i].when = next_random(&seed) & mask;
		}
		for (unsigned i = 0; i < length; i++)
			if (read_at(&slot, i, &event))
				assert_in_range(event.kind, 1, 255);
		own(&owner, &recorder, &slot, 42);
		assert_in_range(recorder.at, 0, length - 1);
		for (uint32_t n = 0; n < notes; n++)
			note(&recorder, n);
		assert_true(
			holds_run(&slot, recorder.at, notes < length ? notes : length, notes - 1));
		/* and all that its own successor needs */
		slot_release(&owner);
		own(&owner, &recorder, &slot, 43);
		note(&recorder, notes);
		if (notes >= length)
			assert_true(holds_run(&slot, recorder.at, length, notes));
	}
}

/* A liar spoils one word of a full ring: that event is lost, and one more when the next owner writes. */
static void one_spoilt_word_costs_two_events_at_most(void **state)
{
	uint64_t seed = 2;

	(void)state;
	for (unsigned spoilt = 0; spoilt < 2 * length; spoilt++) {
		struct slot_owner owner;
		struct recorder recorder;
		struct recorded event;
		unsigned left = 0;

		memset(&slot, 0, sizeof(slot));
		own(&owner, &recorder, &slot, 42);
		for (uint32_t n = 0; n < 300; n++)
			note(&recorder, n);
		if (spoilt % 2)
			slot.event[spoilt / 2].what = next_random(&seed);
		else
			slot.event[spoilt / 2].when = next_random(&seed);
		slot_release(&owner);
		own(&owner, &recorder, &slot, 43);
		note(&recorder, 300);
		for (unsigned i = 0; i < length; i++)
			left += read_at(&slot, i, &event) && event.kind == KIND &&
				event.when_ns == instant_of(event.value);
		assert_in_range(left, length > 2 ? length - 2 : 0, length);
	}
}

/* ---- deaths ------------------------------------------------------------------------------ */

static int marks_left;

static void die_at_mark(const char *function, int line)
{
	(void)function;
	(void)line;
	if (marks_left-- == 0)
		raise(SIGKILL);
}

/* In a child: note `value` and be killed at mark `at`. Returns whether it came that far. */
static bool killed_while_noting(struct recorder *recorder, uint32_t value, int at)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		marks_left = at;
		mark_hook = die_at_mark;
		note(recorder, value);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) || status == 0);
	return WIFSIGNALED(status);
}

static void a_death_after_any_word_costs_one_event(void **state)
{
	const uint32_t fills[] = { 0, 5, length, 256 + 3 };
	struct place *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_true(shared != MAP_FAILED);
	for (unsigned f = 0; f < sizeof(fills) / sizeof(fills[0]); f++)
		for (int mark = 0; mark < NOTE_MARKS; mark++) {
			/* the third word is the last: after it the event is whole */
			const bool whole = mark == NOTE_MARKS - 1;
			const uint32_t fill = fills[f], last = fill + whole;
			unsigned kept = fill < length - 1 ? fill : length - 1;
			struct slot_owner owner;
			struct recorder recorder;

			memset(shared, 0, sizeof(*shared));
			own(&owner, &recorder, shared, 42);
			for (uint32_t n = 0; n < fill; n++)
				note(&recorder, n);
			assert_true(killed_while_noting(&recorder, fill, mark));
			assert_true(holds_run(shared, recorder.at + whole, kept + whole, last - 1));
			assert_true(slot_free(&shared->slot, owner.version));
			own(&owner, &recorder, shared, 43);
			note(&recorder, last);
			assert_true(holds_run(shared, recorder.at,
					      kept + whole + 1 < length ? kept + whole + 1 : length,
					      last));
		}
	munmap(shared, sizeof(*shared));
	/* and there are no more marks than these */
	{
		struct slot_owner owner;
		struct recorder recorder;

		own(&owner, &recorder, &slot, 42);
		assert_false(killed_while_noting(&recorder, 1, NOTE_MARKS));
	}
}

/* ---- a former owner wakes up ------------------------------------------------------------- */

#define SUCCESSOR 1000

static struct slot_owner former_owner, successor_owner;
static struct recorder successor;
static uint32_t successor_notes, successor_opens_late;

static void succeed_at_mark(const char *function, int line)
{
	(void)function;
	(void)line;
	if (marks_left-- != 0)
		return;
	mark_hook = NULL;
	assert_true(slot_free(&slot.slot, former_owner.version));
	assert_true(slot_claim(&successor_owner, &slot.slot, 43, NOW_NS));
	if (successor_opens_late)
		return;
	recorder_open(&successor, ring_at(&slot), &slot.slot, successor_owner.version);
	for (uint32_t n = 0; n < successor_notes; n++)
		note(&successor, SUCCESSOR + n);
}

/* Stopped at `mark` of an event; the slot has another owner, who has noted `notes`, when it goes on. */
static void succession(int mark, uint32_t fill, uint32_t notes, uint32_t late)
{
	struct recorder former;
	struct place before;
	unsigned kept;

	memset(&slot, 0, sizeof(slot));
	own(&former_owner, &former, &slot, 42);
	for (uint32_t n = 0; n < fill; n++)
		note(&former, n);
	marks_left = mark;
	successor_notes = notes;
	successor_opens_late = late;
	mark_hook = succeed_at_mark;
	note(&former, fill);
	assert_null(mark_hook);
	if (late) {
		recorder_open(&successor, ring_at(&slot), &slot.slot, successor_owner.version);
		for (uint32_t n = 0; n < notes; n++)
			note(&successor, SUCCESSOR + n);
	}
	kept = notes < length ? notes : length;
	assert_true(holds_run(&slot, successor.at, kept, SUCCESSOR + notes - 1));
	/* From now on it writes nothing at all. */
	before = slot;
	note(&former, fill + 1);
	assert_memory_equal(&slot, &before, sizeof(slot));
	/* And the successor goes on as if nothing had been. */
	for (uint32_t n = notes; n < notes + 2 * length; n++) {
		note(&successor, SUCCESSOR + n);
		assert_true(holds_run(&slot, successor.at, n + 1 < length ? n + 1 : length,
				      SUCCESSOR + n));
	}
}

static void a_former_owner_cannot_spoil_what_its_successor_noted(void **state)
{
	const uint32_t fills[] = { 0, 1, 7, length - 1, length, 256 };
	const uint32_t notes[] = { 0, 1, 2, length - 1, length, length + 1, 300 };

	(void)state;
	for (int mark = 0; mark < NOTE_MARKS; mark++)
		for (unsigned f = 0; f < sizeof(fills) / sizeof(fills[0]); f++)
			for (unsigned n = 0; n < sizeof(notes) / sizeof(notes[0]); n++)
				for (uint32_t late = 0; late < 2; late++)
					succession(mark, fills[f], notes[n], late);
}

/* ---- storm ------------------------------------------------------------------------------- */

#define STORM_SLOTS 24
#define WRITERS 64
#define READERS 3
#define STORM_NS INT64_C(700000000)

static struct place slots[STORM_SLOTS];
static _Atomic bool over;
static _Atomic uint64_t noted, seen, torn, holdings, broken, stolen;

static void *storm_write(void *context)
{
	uint64_t seed = (uintptr_t)context;

	while (!atomic_load_explicit(&over, memory_order_relaxed)) {
		struct place *mine = &slots[next_random(&seed) % STORM_SLOTS];
		uint32_t first = (uint32_t)next_random(&seed) & 0xffffff;
		uint32_t notes = 1 + (uint32_t)next_random(&seed) % 60;
		struct slot_owner owner;
		struct recorder recorder;
		bool whole;

		if (!slot_claim(&owner, &mine->slot, 1 + (uint32_t)(uintptr_t)context, NOW_NS)) {
			sched_yield();
			continue;
		}
		recorder_open(&recorder, ring_at(mine), &mine->slot, owner.version);
		for (uint32_t n = 0; n < notes; n++) {
			note(&recorder, first + n);
			if (next_random(&seed) % 16 == 0)
				sched_yield();
		}
		whole = holds_run(mine, recorder.at, notes < length ? notes : length,
				  first + notes - 1);
		/* Ours until after the look: then all of it must have been there. */
		if (slot_owned(&owner)) {
			holdings++;
			broken += !whole;
		}
		noted += notes;
		slot_release(&owner);
	}
	return NULL;
}

static void *storm_read(void *context)
{
	uint64_t seed = 1000 + (uintptr_t)context;

	while (!atomic_load_explicit(&over, memory_order_relaxed)) {
		struct place *of = &slots[next_random(&seed) % STORM_SLOTS];

		for (unsigned i = 0; i < length; i++) {
			struct recorded event;

			if (!read_at(of, i, &event))
				continue;
			seen++;
			torn += event.kind != KIND || event.when_ns != instant_of(event.value);
		}
	}
	return NULL;
}

/* Takes slots from owners that are at it, as from the longest silent in a full swarm. */
static void *storm_steal(void *context)
{
	uint64_t seed = 77;

	while (!atomic_load_explicit(&over, memory_order_relaxed)) {
		struct place *of = &slots[next_random(&seed) % STORM_SLOTS];
		uint64_t version = atomic_load_explicit(&of->slot.version, memory_order_relaxed);

		if (version_pid(version))
			stolen += slot_free(&of->slot, version);
		sched_yield();
	}
	return context;
}

static void writers_readers_and_thieves_at_once_tear_nothing(void **state)
{
	const struct timespec run = { STORM_NS / 1000000000, STORM_NS % 1000000000 };
	pthread_t threads[WRITERS + READERS + 1];
	unsigned count = 0;

	(void)state;
	over = false;
	noted = seen = holdings = stolen = 0;
	for (uintptr_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[count++], NULL, storm_write, (void *)i),
				 0);
	for (uintptr_t i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&threads[count++], NULL, storm_read, (void *)i), 0);
	assert_int_equal(pthread_create(&threads[count++], NULL, storm_steal, NULL), 0);
	/* Longer where threads take turns, as under valgrind. */
	for (int rounds = 0; rounds == 0 || (stolen <= 10 && rounds < 40); rounds++)
		nanosleep(&run, NULL);
	over = true;
	while (count)
		pthread_join(threads[--count], NULL);
	print_message("%llu events noted, %llu read, %llu slots held to the end, %llu stolen\n",
		      (unsigned long long)noted, (unsigned long long)seen,
		      (unsigned long long)holdings, (unsigned long long)stolen);
	assert_true(seen > 1000 && holdings > 10 && stolen > 10);
	assert_int_equal(torn, 0);
	assert_int_equal(broken, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_oldest_is_lost_first_however_often_ring_and_numbers_wrap,
				       fresh),
		cmocka_unit_test_setup(the_next_owner_goes_on_behind_the_newest, fresh),
		cmocka_unit_test_setup(each_event_names_its_owner, fresh),
		cmocka_unit_test_setup(publishing_does_not_stop_the_recorder, fresh),
		cmocka_unit_test_setup(nothing_is_recorded_without_a_slot_or_a_kind, fresh),
		cmocka_unit_test_setup(torn_words_are_no_event, fresh),
		cmocka_unit_test_setup(garbage_in_every_word_is_written_over, fresh),
		cmocka_unit_test_setup(one_spoilt_word_costs_two_events_at_most, fresh),
		cmocka_unit_test_setup_teardown(a_death_after_any_word_costs_one_event, fresh,
						unmark),
		cmocka_unit_test_setup_teardown(
			a_former_owner_cannot_spoil_what_its_successor_noted, fresh, unmark),
		cmocka_unit_test_setup(writers_readers_and_thieves_at_once_tear_nothing, fresh),
	};

	int failed;

	length = SHM_RING_EVENTS;
	failed = cmocka_run_group_tests_name("long rings", tests, NULL, NULL);
	length = SHM_SLOT_EVENTS;
	return failed + cmocka_run_group_tests_name("rings within slots", tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* test_layout.c - the layout is that of the golden file, and the header check gives each finding its own answer. */
#include "unit.h"
#include <stdio.h>
#include "layout.h"
#include "settings.h"

static void the_layout_is_the_golden_one(void **state)
{
	const char *dir = getenv("srcdir");
	char path[512], want[160], have[160];
	FILE *golden;

	(void)state;
	snprintf(path, sizeof(path), "%s/tests/unit/layout.golden", dir ? dir : ".");
	if (getenv("LAYOUT_WRITE")) {
		golden = fopen(path, "w");
		assert_non_null(golden);
		for (unsigned i = 0; layout_row(i); i++)
			fprintf(golden, "%s.%s %u %u\n", layout_row(i)->object,
				layout_row(i)->field, layout_row(i)->offset, layout_row(i)->size);
		fclose(golden);
	}
	golden = fopen(path, "r");
	assert_non_null(golden);
	for (unsigned i = 0; layout_row(i); i++) {
		const struct layout_row *row = layout_row(i);

		snprintf(have, sizeof(have), "%s.%s %u %u\n", row->object, row->field, row->offset,
			 row->size);
		if (!fgets(want, sizeof(want), golden) || strcmp(want, have) != 0)
			fail_msg("this changes the ABI: the golden layout says %s, the code %s",
				 want, have);
	}
	if (fgets(want, sizeof(want), golden))
		fail_msg("this changes the ABI: %s is gone", want);
	fclose(golden);
}

static const uint8_t boot_id[16] = { 1, 2, 3 };

static struct header_copy sound_header(void)
{
	struct header_copy copy = { .magic = SHM_CONTROL_MAGIC };

	copy.fields.abi_major = SHM_ABI_MAJOR;
	copy.fields.abi_minor = SHM_ABI_MINOR;
	copy.fields.creation_id = 77;
	memcpy(copy.fields.boot_id, boot_id, sizeof(boot_id));
	copy.fields.header_size = sizeof(struct shm_header);
	copy.fields.slot_size = SHM_SLOT_SIZE;
	copy.fields.slots_offset = SHM_AGENTS_OFFSET;
	return copy;
}

static enum entrain_code checked(const struct header_copy *copy, uint64_t file_size)
{
	const struct header_expectation expect = { .magic = SHM_CONTROL_MAGIC,
						   .boot_id = boot_id,
						   .file_size = file_size,
						   .least_size = SHM_CONTROL_SIZE,
						   .creation_id = 77 };

	return header_check(copy, &expect);
}

#define ASSERT_FINDING(code, change) \
	do { \
		struct header_copy copy = sound_header(); \
		change; \
		assert_int_equal(checked(&copy, SHM_CONTROL_SIZE), code); \
	} while (0)

static void each_finding_has_its_own_answer(void **state)
{
	struct header_copy sound = sound_header();

	(void)state;
	ASSERT_FINDING(ENTRAIN_OK, (void)0);
	ASSERT_FINDING(ENTRAIN_NOT_READY, copy.magic = 0);
	ASSERT_FINDING(ENTRAIN_FOREIGN, copy.magic = SHM_AGENTS_MAGIC);
	ASSERT_FINDING(ENTRAIN_TOO_NEW, copy.fields.abi_major = SHM_ABI_MAJOR + 1);
	ASSERT_FINDING(ENTRAIN_TOO_OLD, copy.fields.abi_major = SHM_ABI_MAJOR - 1);
	ASSERT_FINDING(ENTRAIN_OK, copy.fields.abi_minor = SHM_ABI_MINOR + 1);
	ASSERT_FINDING(ENTRAIN_UNSOUND, copy.fields.slot_size = 128);
	ASSERT_FINDING(ENTRAIN_UNSOUND, copy.fields.slots_offset = 4096);
	ASSERT_FINDING(ENTRAIN_UNSOUND, copy.fields.header_size = 4);
	ASSERT_FINDING(ENTRAIN_UNSOUND, copy.fields.creation_id = 0);
	ASSERT_FINDING(ENTRAIN_UNSOUND, copy.fields.creation_id = 78);
	ASSERT_FINDING(ENTRAIN_UNSOUND, copy.fields.access = 010660);
	ASSERT_FINDING(ENTRAIN_OTHER_BOOT, copy.fields.boot_id[15] = 9);
	ASSERT_FINDING(ENTRAIN_CLOCK, copy.fields.clock_offset_ns = 90000);
	assert_int_equal(checked(&sound, SHM_CONTROL_SIZE - 1), ENTRAIN_TRUNCATED);
}

static void settings_out_of_range_are_unsound(void **state)
{
	struct shm_settings shared;
	struct entrain_settings settings;

	(void)state;
	for (int which = 0; which < 10; which++) {
		memset(&shared, 0, sizeof(shared));
		shared.mode = ENTRAIN_ACT;
		shared.goal = ENTRAIN_DISTRIBUTE_LOAD;
		shared.kind = ENTRAIN_TAKEN;
		shared.capacity = 8;
		shared.period_ns = 1000000000;
		shared.band_ppm = 100000;
		assert_int_equal(settings_load(&shared, SHM_AGENTS_SIZE(8), &settings), ENTRAIN_OK);
		assert_int_equal(settings_load(&shared, SHM_AGENTS_SIZE(7), &settings),
				 ENTRAIN_TRUNCATED);
		if (which == 0)
			shared.mode = 9;
		else if (which == 1)
			shared.goal = 99;
		else if (which == 2)
			shared.kind = 0;
		else if (which == 3)
			shared.capacity = 0;
		else if (which == 4)
			shared.capacity = ENTRAIN_CAPACITY_MAX + 1;
		else if (which == 5)
			shared.period_ns = INT64_MIN;
		else if (which == 6)
			shared.period_ns = INT64_MAX;
		else if (which == 7)
			shared.band_ppm = UINT32_MAX;
		else if (which == 8)
			shared.max_delay_ns = -1;
		else
			shared.max_delay_ppm = PPM + 1;
		assert_int_equal(settings_load(&shared, 0, &settings), ENTRAIN_UNSOUND);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_layout_is_the_golden_one),
		cmocka_unit_test(each_finding_has_its_own_answer),
		cmocka_unit_test(settings_out_of_range_are_unsound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

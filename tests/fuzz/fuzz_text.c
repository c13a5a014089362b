/* SPDX-License-Identifier: MIT */
/* fuzz_text.c - values as people type them: durations, shares, every key of the settings, live and at creation. */
#include <string.h>
#include "duration.h"
#include "fuzz.h"
#include "fuzz_mutate.h"
#include "settings.h"

#define TEXT_MOST 400

const size_t fuzz_input_most = TEXT_MOST;

/* Also what each key's first setter sees, after one byte that chooses key and liveness. */
static const char *const words[] = {
	"250ms",
	"5s",
	"1us",
	"24h",
	"1.5min",
	"10%",
	"0.0001%",
	"100%",
	"0.9",
	"0660",
	"0777",
	"64",
	"65536",
	"full",
	"act",
	"observe",
	"off",
	"taken",
	"grid",
	"relative",
	"distribute-load",
	"batch",
	"spread",
	"root",
	"daemon",
	"0",
	"-1",
	"+1",
	" ",
	"1e9",
	"nan",
	"inf",
	"0x10",
	"99999999999999999999",
	".",
	"..",
	".5s",
	"5.s",
	"h",
	"reach-consensus",
	"minimize-latency",
	"18446744073709551616s",
	"9223372036854775807us",
};
#define WORDS (sizeof(words) / sizeof(words[0]))

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

size_t fuzz_sound_input(unsigned which, uint8_t *data)
{
	if (which >= WORDS * 4)
		return 0;
	data[0] = (uint8_t)(which * 7);
	memcpy(data + 1, words[which % WORDS], strlen(words[which % WORDS]));
	return 1 + strlen(words[which % WORDS]);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
	uint64_t state = seed;

	if (size == 0 || most < 2)
		return fuzz_sound_input(seed % WORDS, data);
	if (fuzz_next(&state) % 4 == 0)
		data[0] = (uint8_t)fuzz_next(&state);
	return 1 + fuzz_mutate_text(data + 1, size - 1, most - 1, &state, words, WORDS);
}

static void error_check(const struct entrain_error *error, int code)
{
	const char *const texts[] = { error->what, error->object, error->why };
	const size_t sizes[] = { sizeof(error->what), sizeof(error->object), sizeof(error->why) };

	FUZZ_REQUIRE(code == (int)error->code && code == ENTRAIN_USAGE);
	for (int i = 0; i < 3; i++) {
		FUZZ_REQUIRE(strnlen(texts[i], sizes[i]) < sizes[i]);
		for (const char *at = texts[i]; *at; at++)
			FUZZ_REQUIRE(*at >= 0x20 && *at <= 0x7e);
	}
	FUZZ_REQUIRE(error->why[0]);
}

/* What comes out is positive, and what was typed, as far as doubles can tell. */
static void duration_check(const char *text)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {
		{ "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "min", 60e9 }, { "h", 3600e9 }
	};
	struct entrain_error error;
	int64_t duration_ns = -7;
	char back[32], *end;
	double value, difference;
	int code = entrain_duration_parse(text, &duration_ns, &error);

	if (code) {
		error_check(&error, code);
		FUZZ_REQUIRE(duration_ns == -7);
		return;
	}
	FUZZ_REQUIRE(duration_ns > 0);
	value = strtod(text, &end);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].name) == 0)
			value *= units[i].ns;
	difference = value - (double)duration_ns;
	/* Digits beyond the last that count are dropped. */
	FUZZ_REQUIRE(difference > -1 - value * 1e-12 && difference < 20 + value * 1e-12);
	FUZZ_REQUIRE(entrain_duration_text(duration_ns, back) == back);
	FUZZ_REQUIRE(strlen(back) < 32);
	entrain_duration_text(-duration_ns, back);
}

static void percent_check(const char *text)
{
	struct entrain_error error;
	uint32_t ppm = 7;
	double value, difference;
	int code = percent_parse("key", text, PPM, &ppm, &error);

	if (code) {
		error_check(&error, code);
		FUZZ_REQUIRE(ppm == 7);
		return;
	}
	FUZZ_REQUIRE(ppm > 0 && ppm <= PPM);
	value = strtod(text, NULL) * 1e4;
	difference = value - ppm;
	FUZZ_REQUIRE(difference > -1e-3 && difference < 5);
}

/* Whatever is accepted is in its range; whatever is refused changes nothing. */
static void setting_check(unsigned char which, const char *text)
{
	struct entrain_settings settings, before;
	const struct entrain_key *key;
	struct entrain_error error;
	unsigned keys = 0;
	int live = which & 1, code;

	while (entrain_settings_key(keys))
		keys++;
	key = entrain_settings_key((which >> 1) % keys);
	entrain_settings_init(&settings);
	settings.goal = which & 0x40 ? ENTRAIN_MINIMIZE_API_CALLS : ENTRAIN_DISTRIBUTE_LOAD;
	before = settings;
	code = entrain_settings_set(&settings, key->name, text, live, &error);
	if (code) {
		error_check(&error, code);
		FUZZ_REQUIRE(memcmp(&settings, &before, sizeof(settings)) == 0);
	} else {
		FUZZ_REQUIRE(settings_valid(&settings));
		FUZZ_REQUIRE((settings.access & ~0666u) == 0 && (settings.access & 0600) == 0600);
		FUZZ_REQUIRE(strcmp(settings.topology, "full") == 0);
		entrain_settings_check(&settings, &error);
	}
	/* As a key, too. */
	FUZZ_REQUIRE(entrain_settings_set(&settings, text, "", live, NULL) != 0);
	swarm_name_valid(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[TEXT_MOST + 1];

	if (size < 1 || size > TEXT_MOST)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	duration_check(text);
	percent_check(text);
	setting_check(data[0], text);
	return 0;
}

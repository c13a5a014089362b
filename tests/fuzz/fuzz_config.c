/* SPDX-License-Identifier: MIT */
/* fuzz_config.c - configuration files of any content: findings or settings, never anything else. */
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fuzz.h"
#include "fuzz_mutate.h"
#include "settings.h"

#define FILE_MOST 4096

const size_t fuzz_input_most = FILE_MOST;

static int file = -1;
static char path[64];

static const char *const sound[] = {
	"[swarm web]\nperiod = 5s\nband = 10%\nkind = taken\ngroup = root\nmode = 0660\n"
	"goal = distribute-load\ntopology = full\ncapacity = 64\n",
	"; comment\n# another\n[swarm default]\n  period = 250ms ; trailing\nmax_delay = 900us\n\n"
	"[swarm redis]\nperiod = 1s\nkind = grid\nmax-delay: 10%\n",
	"\xef\xbb\xbf[swarm web]\r\nperiod=1h\r\n target = .5\r\n[swarm b]\r\nperiod=5\r\n",
	"[rule aof]\nexe = /usr/bin/redis-server ; glob\nrole = *r*\npath = /var/*\nthread = "
	"bio_*\n"
	"call = fdatasync, fsync\nswarm = redis\naction = stagger\nmax_delay = 900ms\n[swarm "
	"web]\n",
	"period = 5s\n[swarm]\n[swarm ]\n[]\n[swarm web\n= 1\nperiod\n[swarm WEB]\nowner=root\n",
};
#define SOUND (sizeof(sound) / sizeof(sound[0]))

static const char *const words[] = {
	"[swarm web]\n",
	"[swarm default]\n",
	"[swarm ",
	"]",
	"[",
	"\n",
	"\n ",
	"\n\t",
	"=",
	":",
	";",
	"#",
	" ;",
	"\r\n",
	"\r",
	"\"",
	"%",
	"%s%n",
	"period = 5s\n",
	"band = 10%\n",
	"kind = ",
	"grid",
	"drifting",
	"goal = batch\n",
	"target = .5\n",
	"max_delay = 10%\n",
	"max-delay = 1s\n",
	"mode = 0660\n",
	"capacity = 1\n",
	"topology = full\n",
	"owner = 0\n",
	"group = nogroup\n",
	"\xef\xbb\xbf",
	"[rule x]\n",
	"exe = *",
	"thread = ",
	"call = fsync , sleep\n",
	"swarm = web\n",
	"action = pace\n",
};
#define WORDS (sizeof(words) / sizeof(words[0]))

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	file = memfd_create("entrain.ini", MFD_CLOEXEC);
	FUZZ_REQUIRE(file >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return 0;
}

size_t fuzz_sound_input(unsigned which, uint8_t *data)
{
	if (which >= SOUND)
		return 0;
	memcpy(data, sound[which], strlen(sound[which]));
	return strlen(sound[which]);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
	uint64_t state = seed;

	return fuzz_mutate_text(data, size, most, &state, words, WORDS);
}

struct seen {
	unsigned findings;
	int line;  /* of the last */
	int lines; /* of the file */
};

static bool text_fits(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	for (size_t i = 0; i < length; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return length > 0 && length < size;
}

/* Each names a line that there is. */
static void on_finding(const struct entrain_error *finding, void *context)
{
	struct seen *seen = context;
	const char *colon = strrchr(finding->object, ':');

	seen->findings++;
	FUZZ_REQUIRE(finding->code == ENTRAIN_CONFIG);
	FUZZ_REQUIRE(text_fits(finding->object, sizeof(finding->object)));
	FUZZ_REQUIRE(text_fits(finding->why, sizeof(finding->why)));
	FUZZ_REQUIRE(colon);
	seen->line = atoi(colon + 1);
	FUZZ_REQUIRE(seen->line >= 1 && seen->line <= seen->lines);
}

static void read_check(const char *swarm, unsigned findings)
{
	struct entrain_settings settings, before;
	struct entrain_error error;
	int code;

	entrain_settings_init(&settings);
	before = settings;
	code = entrain_config_read(path, swarm, &settings, &error);
	FUZZ_REQUIRE(code == 0 || code == ENTRAIN_CONFIG || code == ENTRAIN_NO_SWARM);
	if (code) {
		FUZZ_REQUIRE(code == (int)error.code);
		FUZZ_REQUIRE(text_fits(error.object, sizeof(error.object)));
		FUZZ_REQUIRE(text_fits(error.why, sizeof(error.why)));
		FUZZ_REQUIRE(memcmp(&settings, &before, sizeof(settings)) == 0);
	} else {
		FUZZ_REQUIRE(entrain_settings_check(&settings, &error) == 0);
	}
	/* What is wrong for one swarm is a finding of the whole file. */
	FUZZ_REQUIRE(code != ENTRAIN_CONFIG || findings > 0);
}

/* One more wrong line is one more finding, whatever else is wrong. */
static void more_check(size_t size, const struct seen *before)
{
	static const char more[] = "\nnonsense\n";
	struct entrain_error error = { 0 };
	struct seen seen = { .lines = before->lines + 1 };

	FUZZ_REQUIRE(pwrite(file, more, sizeof(more) - 1, (off_t)size) == sizeof(more) - 1);
	entrain_config_check(path, on_finding, &seen, &error);
	FUZZ_REQUIRE(seen.findings == before->findings + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct entrain_error error = { 0 };
	struct seen seen = { .lines = 1 };
	int code;

	if (size > FILE_MOST)
		return 0;
	FUZZ_REQUIRE(ftruncate(file, 0) == 0);
	FUZZ_REQUIRE(pwrite(file, data, size, 0) == (ssize_t)size);
	for (size_t i = 0; i < size; i++)
		seen.lines += data[i] == '\n';
	code = entrain_config_check(path, on_finding, &seen, &error);
	FUZZ_REQUIRE(code == (seen.findings ? ENTRAIN_CONFIG : 0));
	read_check("web", seen.findings);
	read_check(NULL, seen.findings);
	more_check(size, &seen);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * fuzz_main.c - a fuzz target as a program of its own: files that once were findings, then seeded mutations of sound
 * inputs for a bounded time.
 *
 *	fuzz_X [FILE...]        run the files, then mutations
 *	fuzz_X --write DIR      write the sound inputs, for libFuzzer to begin with
 *
 * ENTRAIN_SEED, ENTRAIN_LONG as for every test. What it was at when it died: fuzz_X.last in the present directory.
 */
#include "fuzz.h"
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* As every run of `make check` has it, so that a failure there is one for everybody. */
#define SEED 20240817

static uint8_t sound[FUZZ_INPUT_MAX], input[FUZZ_INPUT_MAX];
static size_t input_size;
static char last_path[256];

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Keep the input that did it. */
static void on_death(int number)
{
	int fd = open(last_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t written = fd < 0 ? -1 : write(fd, input, input_size);
	static const char text[] = "the input is kept: fuzz_*.last\n";

	if (written == (ssize_t)input_size)
		written = write(STDERR_FILENO, text, sizeof(text) - 1);
	signal(number, SIG_DFL);
	raise(number);
}

static int run_file(const char *path)
{
	FILE *file = fopen(path, "re");

	if (!file) {
		perror(path);
		return 1;
	}
	input_size = fread(input, 1, fuzz_input_most, file);
	fclose(file);
	LLVMFuzzerTestOneInput(input, input_size);
	return 0;
}

static int write_sound(const char *dir)
{
	char path[512];
	size_t size;

	for (unsigned which = 0; (size = fuzz_sound_input(which, sound)) > 0; which++) {
		FILE *file;

		snprintf(path, sizeof(path), "%.400s/sound-%u", dir, which);
		file = fopen(path, "we");
		if (!file || fwrite(sound, 1, size, file) != size || fclose(file)) {
			perror(path);
			return 1;
		}
	}
	return 0;
}

static void run_mutations(const char *name)
{
	const char *given = getenv("ENTRAIN_SEED"), *longer = getenv("ENTRAIN_LONG");
	uint64_t seed = given && *given ? strtoull(given, NULL, 0) : SEED, state = seed;
	double start = now_s(), end = start + (longer && *longer ? 30 : 2);
	unsigned runs = 0, count = 0;

	while (fuzz_sound_input(count, sound) > 0) { /* what is sound is so */
		input_size = fuzz_sound_input(count++, input);
		LLVMFuzzerTestOneInput(input, input_size);
	}
	for (; now_s() < end; runs++) {
		unsigned which = (unsigned)(fuzz_next(&state) % count);

		/* One to four mutations on top of each other. */
		input_size = fuzz_sound_input(which, input);
		for (unsigned times = 1 + fuzz_next(&state) % 4; times > 0; times--)
			input_size = LLVMFuzzerCustomMutator(input, input_size, fuzz_input_most,
							     (unsigned)fuzz_next(&state));
		LLVMFuzzerTestOneInput(input, input_size);
	}
	printf("%s: %u inputs in %.1f s, %.0f a second; ENTRAIN_SEED=%" PRIu64 "\n", name, runs,
	       now_s() - start, runs / (now_s() - start), seed);
}

int main(int argc, char **argv)
{
	static const int deadly[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM };
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	int failed = 0;

	snprintf(last_path, sizeof(last_path), "%.200s.last", name);
	LLVMFuzzerInitialize(&argc, &argv);
	if (argc == 3 && strcmp(argv[1], "--write") == 0)
		return write_sound(argv[2]);
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		signal(deadly[i], on_death);
	alarm(120);
	for (int i = 1; i < argc; i++)
		failed |= run_file(argv[i]);
	run_mutations(name);
	return failed;
}

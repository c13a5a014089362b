/* SPDX-License-Identifier: MIT */
/* entrainctl top: the picture of status, live on a full screen, with what its metric was in the minutes before. */
#include <entrain.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "message.h"
#include "picture.h"
#include "screen.h"

#define SECOND_MS 1000
#define INTERVAL_LEAST_MS 125
#define INTERVAL_MOST_MS 16000
/* How soon a key is obeyed. */
#define FRAME_MS 100
/* Lines beside the agents' rows: the picture's own, the history, the keys. */
#define LINES_AROUND 16
#define HISTORY_MOST 400

struct top {
	struct picture picture;
	struct entrain_swarm *swarm;
	struct entrain_error error;
	int code;           /* of the last look */
	int interval_ms;    /* from one look to the next */
	bool paused, helps; /* as the keys have it */
	unsigned char
		tenth[HISTORY_MOST]; /* of the metric, at each look; the last one at `looks` - 1 */
	unsigned looks;
};

static void look(struct top *top)
{
	const struct entrain_measure *measure = &top->picture.status.measure;
	double value;

	top->code = picture_take(&top->picture, top->swarm, &top->error);
	if (top->code)
		return;
	value = measure->value < 0 ? 0 : measure->value > 1 ? 1 : measure->value;
	top->tenth[top->looks++ % HISTORY_MOST] = (unsigned char)(value * 10);
}

/* The metric at the last looks, a column each: low, high, or in ASCII a digit for a tenth. */
static void history_draw(const struct top *top, int row)
{
	static const char *const blocks[] = {
		"▁", "▁", "▂", "▃", "▄", "▄", "▅", "▆", "▇", "█", "█"
	};
	const struct entrain_measure *measure = &top->picture.status.measure;
	int columns = screen_columns() - 12;
	unsigned kept = top->looks < HISTORY_MOST ? top->looks : HISTORY_MOST;
	unsigned shown = columns > 0 && (unsigned)columns < kept ? (unsigned)columns : kept;

	screen_put(row, 0, TEXT_DIM, "%s", entrain_metric_name((int)measure->goal));
	for (unsigned i = 0; columns > 0 && i < shown; i++) {
		unsigned tenth = top->tenth[(top->looks - shown + i) % HISTORY_MOST];
		enum text_style style = tenth / 10. + .1 > measure->target ? TEXT_GOOD : TEXT_WARN;

		if (screen_utf8())
			screen_put(row, 12 + (int)i, style, "%s", blocks[tenth]);
		else
			screen_put(row, 12 + (int)i, style, "%u", tenth < 10 ? tenth : 9);
	}
}

/* The picture as status prints it, a line of the screen each. Returns how many. */
static int picture_draw(const struct top *top)
{
	const int rows = screen_rows() - LINES_AROUND;
	char *text = NULL, *line, *rest;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int row = 0;

	if (!out)
		return 0;
	picture_print(&top->picture, out, rows > 1 ? (unsigned)rows : 1);
	fclose(out);
	for (rest = text; (line = strsep(&rest, "\n")) && rest; row++)
		screen_put(row, 0, row == 0 ? TEXT_BOLD : TEXT_PLAIN, "%s", line);
	free(text);
	return row;
}

static void top_draw(const struct top *top)
{
	int row;

	screen_begin();
	row = picture_draw(top);
	history_draw(top, row + 1);
	if (top->helps)
		screen_put(row + 2, 0, TEXT_PLAIN,
			   "q ends   space pauses   + and - look more or less often   nothing is "
			   "changed");
	screen_put(screen_rows() - 1, 0, TEXT_DIM,
		   "every %g s%s   q quit, space pause, + -, ? help", top->interval_ms / 1000.,
		   top->paused ? ", paused" : "");
	screen_finish();
}

/* False: it is time to end. */
static bool key_do(struct top *top, int key)
{
	if (key == ' ')
		top->paused = !top->paused;
	else if (key == '?')
		top->helps = !top->helps;
	else if (key == '+' && top->interval_ms > INTERVAL_LEAST_MS)
		top->interval_ms /= 2;
	else if (key == '-' && top->interval_ms < INTERVAL_MOST_MS)
		top->interval_ms *= 2;
	return key != 'q' && key != SCREEN_END;
}

static void top_loop(struct top *top)
{
	int64_t due_ns = entrain_now_ns();

	for (;;) {
		int key;

		top_draw(top);
		key = screen_key(FRAME_MS);
		if (!key_do(top, key))
			return;
		if (top->paused || entrain_now_ns() < due_ns)
			continue;
		look(top);
		if (top->code)
			return;
		due_ns = entrain_now_ns() + top->interval_ms * INT64_C(1000000);
	}
}

static int top_run(struct invocation *invocation)
{
	struct top top = { .picture = { .swarm = invocation->swarm }, .interval_ms = SECOND_MS };
	int status = STATUS_DONE;
	char why[200];

	top.swarm = entrain_open(invocation->dir, invocation->swarm, ENTRAIN_READ, &top.error);
	if (!top.swarm)
		return message_error(&top.error, invocation->swarm);
	look(&top);
	if (top.code) {
		status = message_error(&top.error, invocation->swarm);
	} else if (screen_open(why, sizeof(why))) {
		top_loop(&top);
		screen_close();
		if (top.code == ENTRAIN_NO_SWARM)
			status = message_failure(STATUS_NO, "top", NULL, "swarm %s was removed",
						 invocation->swarm);
		else if (top.code)
			status = message_error(&top.error, invocation->swarm);
	} else {
		status = message_failure(STATUS_REFUSED, "top", "entrainctl status, or stat", "%s",
					 why);
	}
	picture_free(&top.picture);
	entrain_close(top.swarm);
	return status;
}

const struct command command_top = {
	.name = "top",
	.operands = "[SWARM]",
	.text = "the picture of status, live on a full screen",
	.detail =
		"Looks again each second, and shows what status shows: as many agents as fit, "
		"where\n"
		"in the coming period they act next, and below how the goal's metric went, a "
		"column\n"
		"for each look. Changes nothing. Keys: q ends, space pauses, + and - look more or\n"
		"less often, ? tells. Exit status 1: the swarm was removed; 5: no terminal.",
	.examples = "  entrainctl top web",
	.flags = COMMAND_SWARM,
	.run = top_run,
};

/*
 * `--watch`: a command again and again until SIGINT. The client.
 */
#pragma once

#include <stdbool.h>

enum {
	WATCH_SECONDS = 2,
	WATCH_SECONDS_MAX = 3600,
};

/* Runs `once` in a child process every so many seconds. On a terminal each run takes the place of
 * the one before: at most as many lines as it has, written at once, lines cut at its edge.
 * Elsewhere a blank line stands between two runs. Returns the exit code: 0 after SIGINT. */
int watch_run(unsigned seconds, int (*once)(void *arg), void *arg);

/*
 * `top`: the main numbers again and again, and how fast they change. The client.
 *
 * Each page is made by a process of its own (watch.h); what the last one measured is in memory that
 * they share.
 */
#pragma once

#include <stdbool.h>

/* Once, before the first page. */
bool top_begin(void);
/* One page of the daemon at that socket on stdout, or one JSON object on a line; the exit code. */
int top_run(const char *path, bool json);

/*
 * "Did you mean ...?": the nearest of the names that are offered. Pure.
 */
#pragma once

#include <stddef.h>

struct conf_near {
	const char *wrong;
	const char *best; /* NULL: none was near */
	size_t distance;
};

struct conf_near conf_near_init(const char *wrong);
void conf_near_offer(struct conf_near *n, const char *name);

/*
 * One call over the control socket, from the client's side. Blocking, with a time limit.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum exchange_result {
	EXCHANGE_DONE,      /* the last reply came */
	EXCHANGE_NO_DAEMON, /* nobody listens there */
	EXCHANGE_DENIED,    /* we may not open the socket */
	EXCHANGE_BROKEN,    /* it answered something else, or stopped */
};

/* Calls `reply` for each reply (the whole object, borrowed), the last one without "continues".
 * why: filled unless DONE. */
enum exchange_result exchange(const char *path, const char *method, json_t *parameters,
	void (*reply)(void *arg, const json_t *reply), void *arg, char *why, size_t why_capacity);

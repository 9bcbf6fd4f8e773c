/*
 * A map from 32-bit numbers (handles of the channel, ids of the kernel) to pointers. fib process,
 * pure.
 *
 * Values are borrowed and never NULL. Memory: aborts when there is none. Nothing may be put or
 * taken while handles_next() walks.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct handle_slot {
	uint32_t key;
	void *value; /* NULL: free */
};

struct handles {
	struct handle_slot *slot;
	size_t cap; /* power of two, or 0 */
	size_t n;
};

void *handles_find(const struct handles *h, uint32_t key); /* NULL: not there */
void handles_put(struct handles *h, uint32_t key, void *value);
void *handles_take(struct handles *h, uint32_t key); /* NULL: not there */
/* Walks all values in no order; *at begins as 0. NULL at the end. */
void *handles_next(const struct handles *h, size_t *at);
void handles_free(struct handles *h); /* the map, not the values */

/* realloc of n elements that aborts instead of failing. */
void *fib_grow(void *p, size_t n, size_t size);

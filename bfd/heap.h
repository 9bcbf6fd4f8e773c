/*
 * A binary heap of sessions by due_ns: the timers of the bfd process. Pure. Memory grows when a
 * session is added, never otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bfd_session;

struct bfd_heap {
	struct bfd_session **at; /* 0 is the earliest */
	size_t n;
	size_t capacity;
};

void bfd_heap_free(struct bfd_heap *h);
bool bfd_heap_add(struct bfd_heap *h, struct bfd_session *s); /* false: no memory */
void bfd_heap_remove(struct bfd_heap *h, struct bfd_session *s);
/* Moves s to its place after due_ns has changed. */
void bfd_heap_fix(struct bfd_heap *h, struct bfd_session *s);
struct bfd_session *bfd_heap_first(const struct bfd_heap *h); /* NULL: empty */

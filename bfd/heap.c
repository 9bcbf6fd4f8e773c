#include "bfd/heap.h"
#include "bfd/session.h"

#include <stdlib.h>

void bfd_heap_free(struct bfd_heap *h)
{
	free(h->at);
	*h = (struct bfd_heap){0};
}

static void place(struct bfd_heap *h, size_t i, struct bfd_session *s)
{
	h->at[i] = s;
	s->heap_at = (uint32_t)i;
}

static void sift_up(struct bfd_heap *h, size_t i)
{
	struct bfd_session *s = h->at[i];
	while (i > 0 && h->at[(i - 1) / 2]->due_ns > s->due_ns) {
		place(h, i, h->at[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	place(h, i, s);
}

static void sift_down(struct bfd_heap *h, size_t i)
{
	struct bfd_session *s = h->at[i];
	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= h->n)
			break;
		if (child + 1 < h->n && h->at[child + 1]->due_ns < h->at[child]->due_ns)
			child++;
		if (h->at[child]->due_ns >= s->due_ns)
			break;
		place(h, i, h->at[child]);
		i = child;
	}
	place(h, i, s);
}

bool bfd_heap_add(struct bfd_heap *h, struct bfd_session *s)
{
	if (h->n == h->capacity) {
		size_t capacity = h->capacity ? 2 * h->capacity : 64;
		void *at = realloc(h->at, capacity * sizeof(*h->at));
		if (!at)
			return false;
		h->at = at;
		h->capacity = capacity;
	}
	place(h, h->n++, s);
	sift_up(h, s->heap_at);
	return true;
}

void bfd_heap_remove(struct bfd_heap *h, struct bfd_session *s)
{
	struct bfd_session *last = h->at[--h->n];
	if (last == s)
		return;
	place(h, s->heap_at, last);
	bfd_heap_fix(h, last);
}

void bfd_heap_fix(struct bfd_heap *h, struct bfd_session *s)
{
	sift_up(h, s->heap_at);
	sift_down(h, s->heap_at);
}

struct bfd_session *bfd_heap_first(const struct bfd_heap *h)
{
	return h->n ? h->at[0] : NULL;
}

#include "rib/fib/handles.h"

#include <stdlib.h>

void *fib_grow(void *p, size_t n, size_t size)
{
	void *q = reallocarray(p, n ? n : 1, size);
	if (!q)
		abort();
	return q;
}

static size_t slot_of(const struct handles *h, uint32_t key)
{
	return (size_t)(key * 2654435769u >> 7) & (h->cap - 1);
}

static struct handle_slot *slot_find(const struct handles *h, uint32_t key)
{
	size_t i = slot_of(h, key);
	while (h->slot[i].value && h->slot[i].key != key)
		i = (i + 1) & (h->cap - 1);
	return &h->slot[i];
}

void *handles_find(const struct handles *h, uint32_t key)
{
	return h->cap ? slot_find(h, key)->value : NULL;
}

static void double_size(struct handles *h)
{
	struct handles old = *h;
	h->cap = old.cap ? old.cap * 2 : 64;
	h->slot = calloc(h->cap, sizeof(*h->slot));
	if (!h->slot)
		abort();
	for (size_t i = 0; i < old.cap; i++)
		if (old.slot[i].value)
			*slot_find(h, old.slot[i].key) = old.slot[i];
	free(old.slot);
}

void handles_put(struct handles *h, uint32_t key, void *value)
{
	if (h->n * 2 >= h->cap)
		double_size(h);
	struct handle_slot *s = slot_find(h, key);
	if (!s->value)
		h->n++;
	*s = (struct handle_slot){.key = key, .value = value};
}

void *handles_take(struct handles *h, uint32_t key)
{
	struct handle_slot *s = h->cap ? slot_find(h, key) : NULL;
	void *value = s ? s->value : NULL;
	if (!value)
		return NULL;
	size_t hole = (size_t)(s - h->slot);
	h->n--;
	h->slot[hole].value = NULL;
	/* Move what probed past the hole back into it. */
	for (size_t i = (hole + 1) & (h->cap - 1); h->slot[i].value; i = (i + 1) & (h->cap - 1)) {
		size_t home = slot_of(h, h->slot[i].key);
		if (((i - home) & (h->cap - 1)) < ((i - hole) & (h->cap - 1)))
			continue;
		h->slot[hole] = h->slot[i];
		h->slot[i].value = NULL;
		hole = i;
	}
	return value;
}

void *handles_next(const struct handles *h, size_t *at)
{
	while (*at < h->cap) {
		void *value = h->slot[(*at)++].value;
		if (value)
			return value;
	}
	return NULL;
}

void handles_free(struct handles *h)
{
	free(h->slot);
	*h = (struct handles){0};
}

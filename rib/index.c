#include "rib/index.h"

#include <stdlib.h>

void index_init(struct index *x, const struct index_ops *ops, const void *owner)
{
	*x = (struct index){.ops = ops, .owner = owner};
}

void index_clear(struct index *x)
{
	for (uint32_t i = 0; i < x->chunks_n; i++)
		free(x->chunk[i]);
	free(x->chunk);
	index_init(x, x->ops, x->owner);
}

static bool chunk_add(struct index *x)
{
	if (x->chunks_n == x->chunks_room) {
		uint32_t room = x->chunks_room ? x->chunks_room * 2 : 4;
		uint32_t **grown = realloc(x->chunk, room * sizeof(*grown));
		if (!grown)
			return false;
		x->chunk = grown;
		x->chunks_room = room;
	}
	uint32_t *chunk = calloc(INDEX_CHUNK, sizeof(*chunk));
	if (chunk)
		x->chunk[x->chunks_n++] = chunk;
	return chunk != NULL;
}

static uint32_t bucket_of(const struct index *x, uint32_t hash)
{
	uint32_t bucket = hash & (2 * x->low - 1);
	return bucket < x->buckets ? bucket : hash & (x->low - 1);
}

static void push(struct index *x, uint32_t bucket, uint32_t item)
{
	uint32_t *head = index_bucket(x, bucket);
	*x->ops->next(x->owner, item) = *head;
	*head = item;
}

/* Deals the items of a chain out again, after the number of buckets changed. */
static void deal(struct index *x, uint32_t item)
{
	while (item) {
		uint32_t next = *x->ops->next(x->owner, item);
		push(x, bucket_of(x, x->ops->hash(x->owner, item)), item);
		item = next;
	}
}

static uint32_t take_chain(struct index *x, uint32_t bucket)
{
	uint32_t *head = index_bucket(x, bucket);
	uint32_t item = *head;
	*head = 0;
	return item;
}

/* One bucket more: the items of one other bucket are dealt out to both. */
static bool grow(struct index *x)
{
	if (x->buckets >> INDEX_CHUNK_BITS == x->chunks_n && !chunk_add(x))
		return false;
	if (!x->buckets) {
		x->buckets = x->low = 1;
		return true;
	}
	uint32_t chain = take_chain(x, x->buckets - x->low);
	if (++x->buckets == 2 * x->low)
		x->low *= 2;
	deal(x, chain);
	return true;
}

/* One bucket less: its items go back to the bucket they were split from. */
static void shrink(struct index *x)
{
	uint32_t chain = take_chain(x, x->buckets - 1);
	if (x->buckets == x->low)
		x->low /= 2;
	x->buckets--;
	deal(x, chain);
	/* one empty chunk is kept, so that a table at a border does not allocate for each item */
	if (x->chunks_n - 1 > (x->buckets + INDEX_CHUNK / 2) >> INDEX_CHUNK_BITS)
		free(x->chunk[--x->chunks_n]);
}

bool index_insert(struct index *x, uint32_t hash, uint32_t item)
{
	if (x->items >= x->buckets && !grow(x))
		return false;
	push(x, bucket_of(x, hash), item);
	x->items++;
	return true;
}

void index_remove(struct index *x, uint32_t hash, uint32_t item)
{
	uint32_t *link = index_bucket(x, bucket_of(x, hash));

	while (*link != item)
		link = x->ops->next(x->owner, *link);
	*link = *x->ops->next(x->owner, item);
	x->items--;
	if (x->buckets > 1 && x->items < x->buckets / 2)
		shrink(x);
}

size_t index_bytes(const struct index *x)
{
	return (size_t)x->chunks_n * INDEX_CHUNK * sizeof(uint32_t) +
	       x->chunks_room * sizeof(*x->chunk);
}

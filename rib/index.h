/*
 * A hash index over items that are named by 32-bit numbers: linear hashing. It grows and shrinks by
 * one bucket an insertion or removal, so no call ever rehashes a table: growth costs the same at
 * ten items and at a million. 4 bytes a bucket, one bucket an item; the chains run through a field
 * of the items themselves. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	INDEX_CHUNK_BITS = 10,
	INDEX_CHUNK = 1 << INDEX_CHUNK_BITS,
};

/* How the owner of the items tells of them. */
struct index_ops {
	uint32_t (*hash)(const void *owner, uint32_t item);
	uint32_t *(*next)(const void *owner, uint32_t item); /* the chain's field */
};

struct index {
	uint32_t **chunk;
	uint32_t chunks_n;
	uint32_t chunks_room;
	uint32_t buckets; /* 0 before the first item */
	uint32_t low;     /* largest power of two <= buckets */
	uint32_t items;
	const struct index_ops *ops;
	const void *owner;
};

void index_init(struct index *x, const struct index_ops *ops, const void *owner);
void index_clear(struct index *x); /* forgets all items, gives all memory back */
/* The item must not be in it. False, and nothing changed, when there is no memory. */
bool index_insert(struct index *x, uint32_t hash, uint32_t item);
void index_remove(struct index *x, uint32_t hash, uint32_t item);
size_t index_bytes(const struct index *x);

static inline uint32_t *index_bucket(const struct index *x, uint32_t bucket)
{
	return &x->chunk[bucket >> INDEX_CHUNK_BITS][bucket & (INDEX_CHUNK - 1)];
}

/* First item of the chain in which an item of this hash would be; 0: none. */
static inline uint32_t index_chain(const struct index *x, uint32_t hash)
{
	if (!x->buckets)
		return 0;
	uint32_t bucket = hash & (2 * x->low - 1);
	if (bucket >= x->buckets)
		bucket = hash & (x->low - 1);
	return *index_bucket(x, bucket);
}

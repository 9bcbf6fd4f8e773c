/*
 * Items of one size in chunks, named by 32-bit indexes from 1. No allocation an item: a chunk of
 * 1024 at a time, free items are linked through their first four bytes. An item never moves. Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
	POOL_CHUNK_BITS = 10,
	POOL_CHUNK = 1 << POOL_CHUNK_BITS,
};

struct pool {
	uint8_t **chunk;
	uint32_t chunks_n;
	uint32_t chunks_room;
	uint32_t size; /* of an item, a multiple of 4 */
	uint32_t top;  /* indexes 1 .. top have been given out at some time */
	uint32_t free; /* head of the free items */
	uint32_t used;
};

void pool_init(struct pool *p, uint32_t size);
void pool_clear(struct pool *p);    /* gives all memory back */
uint32_t pool_take(struct pool *p); /* a zeroed item; 0 when there is no memory */
/* The rest of the item keeps its bytes, so that its owner may leave a mark in it. */
void pool_give(struct pool *p, uint32_t index);
size_t pool_bytes(const struct pool *p);

static inline void *pool_at(const struct pool *p, uint32_t index)
{
	return p->chunk[index >> POOL_CHUNK_BITS] + (size_t)(index & (POOL_CHUNK - 1)) * p->size;
}

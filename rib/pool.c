#include "rib/pool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void pool_init(struct pool *p, uint32_t size)
{
	*p = (struct pool){.size = size};
}

void pool_clear(struct pool *p)
{
	for (uint32_t i = 0; i < p->chunks_n; i++)
		free(p->chunk[i]);
	free(p->chunk);
	pool_init(p, p->size);
}

static bool chunk_add(struct pool *p)
{
	if (p->chunks_n == p->chunks_room) {
		uint32_t room = p->chunks_room ? p->chunks_room * 2 : 4;
		uint8_t **grown = realloc(p->chunk, room * sizeof(*grown));
		if (!grown)
			return false;
		p->chunk = grown;
		p->chunks_room = room;
	}
	uint8_t *chunk = malloc((size_t)POOL_CHUNK * p->size);
	if (chunk)
		p->chunk[p->chunks_n++] = chunk;
	return chunk != NULL;
}

uint32_t pool_take(struct pool *p)
{
	uint32_t index = p->free;

	if (index) {
		memcpy(&p->free, pool_at(p, index), sizeof(p->free));
	} else {
		if ((p->top + 1) >> POOL_CHUNK_BITS == p->chunks_n && !chunk_add(p))
			return 0;
		index = ++p->top;
	}
	memset(pool_at(p, index), 0, p->size);
	p->used++;
	return index;
}

void pool_give(struct pool *p, uint32_t index)
{
	memcpy(pool_at(p, index), &p->free, sizeof(p->free));
	p->free = index;
	p->used--;
}

size_t pool_bytes(const struct pool *p)
{
	return (size_t)p->chunks_n * POOL_CHUNK * p->size + p->chunks_room * sizeof(*p->chunk);
}

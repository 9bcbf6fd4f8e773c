#include "conf/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK_LEN = 16384,
	ARRAY_FIRST = 4, /* elements of a growing array at its beginning */
};

struct block {
	struct block *next;
	size_t len;
	size_t used;
	alignas(max_align_t) char bytes[];
};

struct conf_arena {
	struct block *blocks;
};

struct conf_arena *conf_arena_new(void)
{
	struct conf_arena *a = calloc(1, sizeof(*a));
	if (!a)
		abort();
	return a;
}

void conf_arena_free(struct conf_arena *a)
{
	if (!a)
		return;
	while (a->blocks) {
		struct block *b = a->blocks;
		a->blocks = b->next;
		free(b);
	}
	free(a);
}

static struct block *block_add(struct conf_arena *a, size_t len)
{
	size_t room = len > BLOCK_LEN ? len : BLOCK_LEN;
	struct block *b = calloc(1, sizeof(*b) + room);
	if (!b)
		abort();
	b->len = room;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *conf_arena_alloc(struct conf_arena *a, size_t len)
{
	size_t align = alignof(max_align_t);
	if (len > SIZE_MAX / 2)
		abort();
	len = (len + align - 1) / align * align;
	struct block *b = a->blocks;
	if (!b || b->len - b->used < len)
		b = block_add(a, len);
	void *p = b->bytes + b->used;
	b->used += len;
	return p;
}

char *conf_arena_copy(struct conf_arena *a, const char *bytes, size_t len)
{
	char *s = conf_arena_alloc(a, len + 1);
	if (len)
		memcpy(s, bytes, len);
	return s;
}

char *conf_arena_vformat(struct conf_arena *a, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		abort();
	char *s = conf_arena_alloc(a, (size_t)len + 1);
	vsnprintf(s, (size_t)len + 1, format, args);
	return s;
}

char *conf_arena_format(struct conf_arena *a, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *s = conf_arena_vformat(a, format, args);
	va_end(args);
	return s;
}

void conf_arena_give_back(struct conf_arena *a, void *array, size_t len)
{
	if (len <= BLOCK_LEN)
		return;
	for (struct block **at = &a->blocks; *at; at = &(*at)->next) {
		struct block *b = *at;
		if (b->bytes != array)
			continue;
		*at = b->next;
		free(b);
		return;
	}
}

size_t conf_arena_bytes(const struct conf_arena *a)
{
	size_t n = sizeof(*a);
	for (const struct block *b = a->blocks; b; b = b->next)
		n += sizeof(*b) + b->len;
	return n;
}

void *conf_arena_grow(struct conf_arena *a, void *array, size_t n, size_t element_len)
{
	bool full = n == 0 || (n >= ARRAY_FIRST && (n & (n - 1)) == 0);
	if (!full)
		return array;
	if (n > SIZE_MAX / 4 / element_len)
		abort();
	void *bigger = conf_arena_alloc(a, (n ? 2 * n : ARRAY_FIRST) * element_len);
	if (n)
		memcpy(bigger, array, n * element_len);
	conf_arena_give_back(a, array, n * element_len);
	return bigger;
}

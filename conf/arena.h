/*
 * Memory that is given back all at once: everything a snapshot owns. Pure.
 *
 * Without memory these functions abort: the unit restarts and the kernel keeps the routes.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct conf_arena;

struct conf_arena *conf_arena_new(void);
void conf_arena_free(struct conf_arena *a);               /* NULL is allowed */
void *conf_arena_alloc(struct conf_arena *a, size_t len); /* zeroed, aligned for anything */
/* The bytes with a NUL behind them. */
char *conf_arena_copy(struct conf_arena *a, const char *bytes, size_t len);
char *conf_arena_format(struct conf_arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *conf_arena_vformat(struct conf_arena *a, const char *format, va_list args)
	__attribute__((format(printf, 2, 0), nonnull(2)));
/* An array of n elements with room for one more, moved when it was full; the old place is gone.
 * Elements that are pointed at must not move: finish the array first. */
void *conf_arena_grow(struct conf_arena *a, void *array, size_t n, size_t element_len);
/* What alloc or grow gave is needed no more. From some 16 kB on its memory is free at once; below,
 * it goes with the arena. len: bytes in use, 0 where there is nothing. */
void conf_arena_give_back(struct conf_arena *a, void *array, size_t len);

size_t conf_arena_bytes(const struct conf_arena *a); /* memory held */

/* Appends a zeroed element and gives its address. */
#define CONF_PUSH(a, array, n) \
	((array) = conf_arena_grow((a), (array), (n), sizeof(*(array))), &(array)[(n)++])

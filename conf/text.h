/*
 * A text that grows. Pure; without memory it aborts.
 */
#pragma once

#include <stddef.h>

struct conf_string {
	char *text; /* NULL while empty; the caller frees it */
	size_t len;
	size_t capacity;
};

void conf_string_add(struct conf_string *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The text, never NULL; the caller frees it. */
char *conf_string_take(struct conf_string *s);

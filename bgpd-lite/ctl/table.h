/*
 * Tables of text with columns as wide as their content. Pure. The client.
 *
 * Cells are copied; control characters in them become '?', so that nothing that a peer sent reaches
 * a terminal. Width counts characters, not bytes (UTF-8 from descriptions).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "bgpd-lite/ctl/text.h"

enum {
	TABLE_COLUMNS_MAX = 16,
};

struct column {
	const char *title;
	bool right; /* numbers */
};

struct table {
	const struct column *columns;
	size_t columns_n;
	size_t widths[TABLE_COLUMNS_MAX];
	size_t rows_n;
	size_t capacity;
	char **rows; /* the cells of a row, one behind the other, each with its NUL */
	bool err;    /* no memory: rows are missing */
};

void table_init(struct table *t, const struct column *columns, size_t columns_n);
/* cells[columns_n]; NULL is an empty cell */
void table_add(struct table *t, const char *const *cells);
void table_header(const struct table *t, struct text *out);
void table_row(const struct table *t, size_t row, struct text *out);
/* A line of a row that is not kept; a cell wider than its column moves those behind it. */
void table_line(const struct table *t, const char *const *cells, struct text *out);
void table_print(const struct table *t, struct text *out); /* header and all rows */
void table_free(struct table *t);
/* Adds s with control characters as '?'. */
void text_plain(struct text *out, const char *s);

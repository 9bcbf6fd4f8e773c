#include "bgpd-lite/ctl/table.h"

#include <stdlib.h>
#include <string.h>

void table_init(struct table *t, const struct column *columns, size_t columns_n)
{
	*t = (struct table){.columns = columns, .columns_n = columns_n};
	for (size_t i = 0; i < columns_n; i++)
		t->widths[i] = strlen(columns[i].title);
}

static size_t width(const char *s)
{
	size_t n = 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* C0, DEL, and C1 in UTF-8 */
static bool is_control(const char *s)
{
	unsigned char a = (unsigned char)s[0];
	return a < 0x20 || a == 0x7f || (a == 0xc2 && ((unsigned char)s[1] & 0xe0) == 0x80);
}

void text_plain(struct text *out, const char *s)
{
	for (;;) {
		size_t run = 0;
		while (s[run] && !is_control(s + run))
			run++;
		text_add(out, s, run);
		s += run;
		if (!*s)
			return;
		text_add(out, "?", 1);
		s += (unsigned char)*s == 0xc2 ? 2 : 1;
	}
}

static bool grow(struct table *t)
{
	if (t->rows_n < t->capacity)
		return true;
	size_t capacity = t->capacity ? 2 * t->capacity : 32;
	char **rows = realloc(t->rows, capacity * sizeof(*rows));
	if (!rows)
		return false;
	t->rows = rows;
	t->capacity = capacity;
	return true;
}

void table_add(struct table *t, const char *const *cells)
{
	struct text row = {0};

	for (size_t i = 0; i < t->columns_n; i++) {
		size_t start = row.len;
		text_plain(&row, cells[i] ? cells[i] : "");
		text_add(&row, "", 1);
		size_t w = row.err ? 0 : width(row.s + start);
		if (w > t->widths[i])
			t->widths[i] = w;
	}
	char *exact = row.err ? NULL : realloc(row.s, row.len);
	if (!exact || !grow(t)) {
		t->err = true;
		free(exact ? exact : row.s);
		return;
	}
	t->rows[t->rows_n++] = exact;
}

static void add_cell(const struct table *t, size_t i, const char *cell, struct text *out)
{
	size_t cell_width = width(cell);
	size_t blanks = t->widths[i] > cell_width ? t->widths[i] - cell_width : 0;

	if (t->columns[i].right)
		text_pad(out, blanks);
	text_plain(out, cell);
	if (!t->columns[i].right)
		text_pad(out, blanks);
	if (i + 1 < t->columns_n)
		text_add(out, "  ", 2);
}

static void end_line(struct text *out)
{
	while (out->len && out->s[out->len - 1] == ' ')
		out->len--;
	text_adds(out, "\n");
}

void table_header(const struct table *t, struct text *out)
{
	for (size_t i = 0; i < t->columns_n; i++)
		add_cell(t, i, t->columns[i].title, out);
	end_line(out);
}

void table_row(const struct table *t, size_t row, struct text *out)
{
	const char *cell = t->rows[row];

	for (size_t i = 0; i < t->columns_n; i++) {
		add_cell(t, i, cell, out);
		cell += strlen(cell) + 1;
	}
	end_line(out);
}

void table_line(const struct table *t, const char *const *cells, struct text *out)
{
	for (size_t i = 0; i < t->columns_n; i++)
		add_cell(t, i, cells[i] ? cells[i] : "", out);
	end_line(out);
}

void table_print(const struct table *t, struct text *out)
{
	table_header(t, out);
	for (size_t i = 0; i < t->rows_n; i++)
		table_row(t, i, out);
}

void table_free(struct table *t)
{
	for (size_t i = 0; i < t->rows_n; i++)
		free(t->rows[i]);
	free(t->rows);
	t->rows = NULL;
	t->rows_n = t->capacity = 0;
}

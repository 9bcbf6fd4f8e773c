/*
 * The lexical part: bytes of one file to sections, keys and values, with their lines. Pure.
 *
 * inih cuts key and value of a line; this reader stands before it and feeds it line by line, so
 * that none of its habits can be met: it knows lines itself, refuses NUL, control characters and
 * what is not UTF-8, removes leading blanks and comments, refuses lines that inih would split, and
 * replaces each section's name by its number (inih would cut the name at 49 bytes).
 */
#pragma once

#include <stddef.h>

#include "conf/report.h"

enum {
	CONF_READER_LINE_MAX = 190, /* bytes of key and value together, without comment */
};

struct conf_reader_item {
	unsigned line;
	const char *key;
	const char *value; /* never empty */
};

struct conf_reader_section {
	unsigned line;
	const char *text; /* between the brackets, words parted by one blank, never empty */
	size_t items_n;
	struct conf_reader_item *items;
};

struct conf_reader {
	size_t sections_n; /* empty sections too */
	struct conf_reader_section *sections;
};

/* Errors go to the report; what could be read is in *out. Memory is the report's arena's. */
void conf_reader_read(
	struct conf_report *report, const char *bytes, size_t len, struct conf_reader *out);

/*
 * One text, read by the schema: typed sections, not yet looked at together with others. Pure.
 */
#pragma once

#include "conf/report.h"
#include "conf/value.h"

struct conf_party;

enum {
	CONF_NEIGHBORS_MAX = 4096, /* of one file */
};

/* One section of a text. */
struct conf_source_section {
	enum conf_section_kind kind;
	const char *file; /* for origins: of the text that it was written in */
	unsigned line;
	const char *name; /* its argument, the same text for the same thing: "192.0.2.1 vrf red" */
	struct conf_value *values; /* by key, counted from the section's first */
	/* of [neighbor] */
	struct addr address;
	const char *interface; /* "" for none */
	const char *vrf;       /* "default" when not written */
	bool vrf_of_interface; /* not written, but an interface is */
	/* of [neighbor] and [template]: whose values stand for those that are not set */
	const struct conf_source_section *template;
	const struct conf_party *template_party;
	size_t index; /* of what the snapshot made of it; set while it is made */
};

struct conf_source {
	struct conf_report report;
	size_t read_n; /* messages of reading; what is behind them comes from checks with others */
	size_t sections_n;
	struct conf_source_section *sections; /* in order of lines */
	struct conf_source_section **sorted;  /* by kind and name; of twins the first */
	size_t sorted_n;
};

/* Reads a text; errors are in the source's report. Memory is the arena's. */
struct conf_source *conf_source_read(struct conf_arena *a, const char *contributor,
	const char *file, const char *bytes, size_t len);
const struct conf_source_section *conf_source_find(
	const struct conf_source *s, enum conf_section_kind kind, const char *name);
/* The key's value in its section, or in its templates; line 0 when not set. Its line is one of the
 * text that holds it. */
const struct conf_value *conf_source_value(const struct conf_source_section *s, enum conf_key key);
/* The same without templates. */
const struct conf_value *conf_source_own(const struct conf_source_section *s, enum conf_key key);
/* The line to blame for the value: its own, or that of `template`. */
unsigned conf_source_line(const struct conf_source_section *s, enum conf_key key);
/* What keys of one neighbour must not say together. */
void conf_source_check_neighbor(struct conf_report *r, const struct conf_source_section *s);
/* "[neighbor 192.0.2.1]", for messages. */
const char *conf_source_title(struct conf_arena *a, const struct conf_source_section *s);

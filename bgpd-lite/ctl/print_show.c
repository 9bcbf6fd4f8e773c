/* `show vrfs`, `show interfaces`, `show contributors`, `show filters`, `show events`, `show
 * config`, and the answers of clear, shutdown and enable. */
#include "bgpd-lite/ctl/commands.h"
#include "bgpd-lite/ctl/get.h"
#include "bgpd-lite/ctl/messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	COLUMNS_MAX = 9,
};

/* A cell of any field; arrays of texts as a list. */
static char *cell_of(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	struct text t = {0};
	char b[CELL_MAX];

	if (json_is_array(v))
		put_list(&t, v);
	else if (strcmp(key, "installed") == 0)
		text_adds(&t, get_installed(o, b));
	else
		text_adds(&t, get_cell(o, key, b));
	return t.s;
}

static void put_rows(struct text *out, const json_t *list, const struct column *columns,
	const char *const *keys, size_t n)
{
	struct table t;
	size_t i;
	const json_t *o;

	table_init(&t, columns, n);
	json_array_foreach(list, i, o)
	{
		char *cells[COLUMNS_MAX] = {0};
		for (size_t k = 0; k < n; k++)
			cells[k] = cell_of(o, keys[k]);
		table_add(&t, (const char *const *)cells);
		for (size_t k = 0; k < n; k++)
			free(cells[k]);
	}
	table_print(&t, out);
	table_free(&t);
}

void print_vrfs(const json_t *reply, const struct ask *a, struct text *out)
{
	static const struct column columns[] = {{"VRF", false}, {"Device", false}, {"Table", true},
		{"Established", true}, {"Neighbors", true}, {"Accepted", true}, {"Installed", true},
		{"Fallthrough", false}, {"Interfaces", false}};
	static const char *const keys[] = {"name", "device", "table", "established", "neighbors",
		"accepted", "installed", "fallthrough", "interfaces"};
	put_rows(out, json_object_get(reply, "vrfs"), columns, keys, 9);
}

void print_interfaces(const json_t *reply, const struct ask *a, struct text *out)
{
	static const struct column columns[] = {{"Interface", false}, {"Index", true},
		{"Usable", false}, {"VRF device", false}, {"Import", false}, {"Addresses", false}};
	static const char *const keys[] = {
		"name", "index", "usable", "device", "import", "addresses"};
	put_rows(out, json_object_get(reply, "interfaces"), columns, keys, 6);
}

void print_contributor_list(const json_t *reply, const struct ask *a, struct text *out)
{
	size_t i;
	const json_t *c;
	const json_t *list = json_object_get(reply, "contributors");

	put_contributors(list, out);
	json_array_foreach(list, i, c)
	{
		text_adds(out, json_array_size(json_object_get(c, "messages")) ? "\n" : "");
		put_messages(c, out);
	}
}

static void put_filter(struct text *out, const json_t *f)
{
	static const struct column columns[] = {
		{"  Rule", false}, {"Prefixes", false}, {"Paths", true}, {"At", false}};
	struct table t;
	size_t i;
	const json_t *r;

	text_addf(out, "prefix-list %s of %s, used by ", get_text(f, "name"),
		get_text(f, "contributor"));
	put_list(out, json_object_get(f, "used_by"));
	text_adds(out, "\n");
	table_init(&t, columns, 4);
	json_array_foreach(json_object_get(f, "rules"), i, r)
	{
		char b[CELL_MAX];
		table_add(&t, (const char *[]){get_bool(r, "permit") ? "  permit" : "  deny",
				      get_text(r, "prefix"), get_cell(r, "paths", b),
				      get_text(r, "origin")});
	}
	table_print(&t, out);
	table_free(&t);
}

void print_filters(const json_t *reply, const struct ask *a, struct text *out)
{
	size_t i;
	const json_t *f;

	json_array_foreach(json_object_get(reply, "filters"), i, f)
	{
		text_adds(out, i ? "\n" : "");
		put_filter(out, f);
	}
}

void print_events(const json_t *reply, const struct ask *a, struct text *out)
{
	static const struct column columns[] = {
		{"Time", false}, {"Kind", false}, {"Subject", false}, {"What", false}};
	struct table t;
	size_t i;
	const json_t *e;

	table_init(&t, columns, 4);
	json_array_foreach(json_object_get(reply, "events"), i, e)
	{
		char when[CELL_MAX];
		table_add(&t, (const char *[]){get_when(e, "at_ms", when), get_text(e, "kind"),
				      get_text(e, "subject"), get_text(e, "text")});
	}
	table_print(&t, out);
	table_free(&t);
}

/* "key = value ; FILE:LINE": the place only where it was asked for. */
void print_config(const json_t *reply, const struct ask *a, struct text *out)
{
	size_t i;
	const json_t *line;

	json_array_foreach(json_object_get(reply, "lines"), i, line)
	{
		struct text t = {0};
		const char *s = json_string_value(line), *place = strstr(s, " ; ");
		while (place && strstr(place + 1, " ; "))
			place = strstr(place + 1, " ; ");
		text_add(&t, s, place && !a->detail ? (size_t)(place - s) : strlen(s));
		text_plain(out, t.s ? t.s : "");
		text_adds(out, "\n");
		text_free(&t);
	}
}

void print_done(const json_t *reply, const struct ask *a, struct text *out)
{
	text_plain(out, get_text(reply, "neighbor"));
	text_adds(out, ": ");
	text_plain(out, get_text(reply, "done"));
	text_adds(out, "\n");
}

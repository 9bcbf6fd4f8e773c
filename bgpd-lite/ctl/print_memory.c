/* `show memory`: what the bgp process holds, by owner; then the processes as the kernel sees them.
 */
#include "bgpd-lite/ctl/commands.h"
#include "bgpd-lite/ctl/get.h"

#include <stdio.h>

enum {
	SHOWN_MAX = 3,
};

/* "12 B", "34.5 KiB", "1.2 GiB" */
static const char *get_bytes(const json_t *o, const char *key, char out[CELL_MAX])
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
	const json_t *v = json_object_get(o, key);
	double n = json_number_value(v);
	size_t unit = 0;

	if (!json_is_number(v))
		return "-";
	for (; n >= 1024 && unit < 3; unit++)
		n /= 1024;
	snprintf(out, CELL_MAX, unit ? "%.1f %s" : "%.0f %s", n, units[unit]);
	return out;
}

static void put_owners(const json_t *reply, struct text *out)
{
	static const struct column columns[SHOWN_MAX] = {
		{"Owner", false}, {"Items", true}, {"Memory", true}};
	struct table t;
	size_t i;
	const json_t *o;
	char b[2][CELL_MAX];

	table_init(&t, columns, SHOWN_MAX);
	json_array_foreach(json_object_get(reply, "owners"), i, o)
		table_add(&t, (const char *[]){get_text(o, "owner"), get_cell(o, "items", b[0]),
				      get_bytes(o, "bytes", b[1])});
	table_add(&t, (const char *[]){"all", "", get_bytes(reply, "total_bytes", b[0])});
	table_print(&t, out);
	table_free(&t);
}

static void put_limits(const json_t *list, struct text *out)
{
	static const struct column columns[SHOWN_MAX] = {
		{"Limit", false}, {"Used", true}, {"Of", true}};
	struct table t;
	size_t i;
	const json_t *o;
	char b[2][CELL_MAX];

	if (json_array_size(list) == 0)
		return;
	text_adds(out, "\n");
	table_init(&t, columns, SHOWN_MAX);
	json_array_foreach(list, i, o) table_add(
		&t, (const char *[]){get_text(o, "limit"), get_bytes(o, "used_bytes", b[0]),
			    get_bytes(o, "bytes", b[1])});
	table_print(&t, out);
	table_free(&t);
}

void print_memory(const json_t *reply, const struct ask *a, struct text *out)
{
	static const struct column columns[] = {
		{"Process", false}, {"PID", true}, {"RSS", true}, {"PSS", true}};
	const json_t *list = json_object_get(reply, "processes");
	struct table t;
	size_t i;
	const json_t *o;

	put_owners(reply, out);
	put_limits(json_object_get(reply, "limits"), out);
	if (json_array_size(list) == 0)
		return;
	text_adds(out, "\n");
	table_init(&t, columns, 4);
	json_array_foreach(list, i, o)
	{
		char b[3][CELL_MAX];
		table_add(&t,
			(const char *[]){get_text(o, "process"), get_cell(o, "pid", b[0]),
				get_bytes(o, "rss_bytes", b[1]), get_bytes(o, "pss_bytes", b[2])});
	}
	table_print(&t, out);
	table_free(&t);
}

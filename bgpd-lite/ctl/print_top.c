#include "bgpd-lite/ctl/print_top.h"

#include <stdio.h>
#include <stdlib.h>

#include "bgpd-lite/ctl/get.h"

#define N "%" JSON_INTEGER_FORMAT

static void put_head(const json_t *page, struct text *out)
{
	char cell[CELL_MAX];

	text_addf(out, "bgpd-lite %s, up %s, " N " problems\n", get_text(page, "daemon_version"),
		get_duration(page, "uptime_s", cell), get_number(page, "problems"));
	text_addf(out, "Sessions  " N " of " N " Established; BFD " N " of " N " Up\n",
		get_number(page, "established"), get_number(page, "neighbors"),
		get_number(page, "bfd_up"), get_number(page, "bfd_sessions"));
	text_addf(out,
		"Routes    " N " prefixes, " N " installed, " N " failed, " N
		" to be decided; %.1f MiB\n",
		get_number(page, "prefixes"), get_number(page, "installed"),
		get_number(page, "failed"), get_number(page, "dirty"),
		(double)get_number(page, "memory_bytes") / 1048576);
}

static const char *rate_cell(const json_t *o, const char *key, char out[CELL_MAX])
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_number(v))
		return "-";
	snprintf(out, CELL_MAX, "%.1f", json_number_value(v));
	return out;
}

static void put_kernel(const json_t *page, struct text *out)
{
	char cell[CELL_MAX];

	text_addf(out, "Kernel    %s operations/s, " N " packets waiting, " N " repairs\n",
		rate_cell(page, "operations_per_s", cell), get_number(page, "queue_packets"),
		get_number(page, "repairs"));
	text_addf(out, "Loop      " N " stalls, longest turn %.1f ms\n\n",
		get_number(page, "loop_stalls"),
		json_number_value(json_object_get(page, "loop_longest_ms")));
}

static int busier(const void *a, const void *b)
{
	double x = json_number_value(json_object_get(*(json_t *const *)a, "updates_per_s"));
	double y = json_number_value(json_object_get(*(json_t *const *)b, "updates_per_s"));

	return (x < y) - (x > y);
}

/* Kilobytes: what a session carries is little. */
static const char *kilo_cell(const json_t *o, const char *key, char out[CELL_MAX])
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_number(v))
		return "-";
	snprintf(out, CELL_MAX, "%.1f", json_number_value(v) / 1000);
	return out;
}

static void put_neighbor(struct table *t, const json_t *n)
{
	char b[7][CELL_MAX];

	table_add(t,
		(const char *[]){get_cell(n, "neighbor", b[0]), get_cell(n, "state", b[1]),
			get_cell(n, "received", b[2]), get_cell(n, "accepted", b[3]),
			rate_cell(n, "updates_per_s", b[4]), kilo_cell(n, "in_bytes_per_s", b[5]),
			kilo_cell(n, "out_bytes_per_s", b[6])});
}

void print_top(const json_t *page, struct text *out)
{
	static const struct column columns[] = {{"Neighbor", false}, {"State", false},
		{"Received", true}, {"Accepted", true}, {"Updates/s", true}, {"kB/s in", true},
		{"kB/s out", true}};
	const json_t *list = json_object_get(page, "rates");
	size_t n = json_array_size(list);
	const json_t **sorted = calloc(n + 1, sizeof(*sorted));
	struct table t;

	put_head(page, out);
	put_kernel(page, out);
	table_init(&t, columns, 7);
	for (size_t i = 0; sorted && i < n; i++)
		sorted[i] = json_array_get(list, i);
	if (sorted) /* glibc's is a merge sort: equal ones keep their order */
		qsort(sorted, n, sizeof(*sorted), busier);
	for (size_t i = 0; sorted && i < n; i++)
		put_neighbor(&t, sorted[i]);
	table_print(&t, out);
	table_free(&t);
	free(sorted);
}

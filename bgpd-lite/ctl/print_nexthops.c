/* `show nexthops`: gateways, next hops that are far or unresolved, then groups. */
#include "bgpd-lite/ctl/commands.h"
#include "bgpd-lite/ctl/get.h"

static void put_gateways(const json_t *list, struct text *out)
{
	static const struct column columns[] = {{"Gateway", true}, {"Address", false},
		{"Interface", false}, {"Usable", false}, {"Sessions", true}, {"Reason", false}};
	static const char *const keys[] = {
		"gateway", "address", "interface", "usable", "sessions", "reason"};
	struct table t;
	size_t i;
	const json_t *g;

	table_init(&t, columns, 6);
	json_array_foreach(list, i, g)
	{
		char buffers[6][CELL_MAX];
		const char *cells[6];
		for (size_t k = 0; k < 6; k++)
			cells[k] = get_cell(g, keys[k], buffers[k]);
		table_add(&t, cells);
	}
	table_print(&t, out);
	table_free(&t);
}

static void put_next_hops(const json_t *list, struct text *out)
{
	enum {
		N = 8,
	};
	static const struct column columns[N] = {{"Next hop", false}, {"VRF", false},
		{"Neighbor", false}, {"Paths", true}, {"Gateway", false}, {"Interface", false},
		{"Route", false}, {"Reason", false}};
	static const char *const keys[N] = {
		"next_hop", "vrf", "neighbor", "paths", "gateway", "interface", "route", "reason"};
	struct table t;
	size_t i;
	const json_t *o;

	if (!json_array_size(list))
		return;
	text_adds(out, "\n");
	table_init(&t, columns, N);
	json_array_foreach(list, i, o)
	{
		char buffers[N][CELL_MAX];
		const char *cells[N];
		for (size_t k = 0; k < N; k++)
			cells[k] = get_cell(o, keys[k], buffers[k]);
		cells[2] = get_neighbor(o, "neighbor", buffers[2]);
		table_add(&t, cells);
	}
	table_print(&t, out);
	table_free(&t);
}

static bool has_weights(const json_t *list)
{
	size_t i;
	const json_t *m;

	json_array_foreach(list, i, m) if (get_number(m, "weight") > 1) return true;
	return false;
}

void print_members(const json_t *list, struct text *out)
{
	bool weights = has_weights(list);
	size_t i;
	const json_t *m;

	json_array_foreach(list, i, m)
	{
		char b[3][CELL_MAX];
		text_addf(out, "%s%s %s", i ? ", " : "", get_cell(m, "address", b[0]),
			get_cell(m, "interface", b[1]));
		if (weights)
			text_addf(out, " weight %s", get_cell(m, "weight", b[2]));
	}
}

static void put_group(struct table *t, const json_t *g)
{
	char b[2][CELL_MAX];
	struct text live = {0}, fallback = {0};

	print_members(json_object_get(g, "live"), &live);
	print_members(json_object_get(g, "fallback"), &fallback);
	table_add(t, (const char *[]){get_cell(g, "group", b[0]), get_cell(g, "prefixes", b[1]),
			     live.s ? live.s : "-", fallback.s ? fallback.s : "-"});
	text_free(&live);
	text_free(&fallback);
}

void print_nexthops(const json_t *reply, const struct ask *a, struct text *out)
{
	static const struct column columns[] = {
		{"Group", true}, {"Prefixes", true}, {"Live", false}, {"Fallback", false}};
	struct table t;
	size_t i;
	const json_t *g;

	put_gateways(json_object_get(reply, "gateways"), out);
	put_next_hops(json_object_get(reply, "next_hops"), out);
	table_init(&t, columns, 4);
	json_array_foreach(json_object_get(reply, "groups"), i, g) put_group(&t, g);
	text_adds(out, "\n");
	table_print(&t, out);
	table_free(&t);
}

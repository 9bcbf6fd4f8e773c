#include "bgpd-lite/ctl/print_routes.h"

#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/ctl/get.h"

static const struct column columns[] = {{"Prefix", false}, {"VRF", false}, {"State", false},
	{"Use", false}, {"Neighbor", false}, {"Next hop", false}, {"Interface", false},
	{"Pref", true}, {"MED", true}, {"AS path", false}, {"Rule", false}, {"Why", false}};
enum {
	COLUMNS_N = sizeof(columns) / sizeof(columns[0]),
};

void routes_init(struct route_table *r)
{
	*r = (struct route_table){.vrfs = json_object()};
	table_init(&r->table, columns, COLUMNS_N);
}

static const char *use_of(const json_t *path)
{
	if (!get_bool(path, "accepted"))
		return "rejected";
	if (get_bool(path, "best"))
		return "best";
	if (get_bool(path, "multipath"))
		return "multipath";
	return get_bool(path, "fallback") ? "fallback" : "-";
}

/* One line; the route's own cells stand in its first line alone. */
static void add_path(struct table *t, const json_t *route, const json_t *path, bool first)
{
	char b[6][CELL_MAX];
	const char *error = first ? get_text(route, "error_text") : "";
	const char *why = get_text(path, "why");

	table_add(t, (const char *[]){first ? get_text(route, "prefix") : "",
			     first ? get_cell(route, "vrf", b[0]) : "",
			     first ? get_text(route, "state") : "", path ? use_of(path) : "",
			     path ? get_neighbor(path, "neighbor", b[1]) : "",
			     path ? get_cell(path, "next_hop", b[2]) : "",
			     path ? get_cell(path, "interface", b[3]) : "",
			     path ? get_cell(path, "local_preference", b[4]) : "",
			     path ? get_cell(path, "med", b[5]) : "", get_text(path, "as_path"),
			     get_text(path, "rule_origin"), error[0] ? error : why});
}

/* The name is kept as long as the table, once. */
static const char *keep_vrf(struct route_table *r, const char *name)
{
	if (!json_object_get(r->vrfs, name))
		json_object_set_new(r->vrfs, name, json_string(name));
	const char *kept = json_string_value(json_object_get(r->vrfs, name));
	return kept ? kept : "";
}

static bool grow(struct route_table *r)
{
	if (r->routes_n < r->capacity)
		return true;
	size_t capacity = r->capacity ? 2 * r->capacity : 64;
	struct route_rows *routes = realloc(r->routes, capacity * sizeof(*routes));
	if (!routes) {
		r->table.err = true;
		return false;
	}
	r->routes = routes;
	r->capacity = capacity;
	return true;
}

static void add_route(struct route_table *r, const json_t *route)
{
	struct route_rows rows = {.first = r->table.rows_n};
	const json_t *path, *paths = json_object_get(route, "paths");
	bool host_bits;
	size_t i;

	prefix_parse(get_text(route, "prefix"), &rows.prefix, &host_bits);
	rows.vrf = keep_vrf(r, get_text(route, "vrf"));
	if (json_array_size(paths) == 0)
		add_path(&r->table, route, NULL, true);
	json_array_foreach(paths, i, path) add_path(&r->table, route, path, i == 0);
	rows.n = r->table.rows_n - rows.first;
	if (grow(r))
		r->routes[r->routes_n++] = rows;
}

void routes_add(struct route_table *r, const json_t *routes)
{
	size_t i;
	const json_t *route;

	json_array_foreach(routes, i, route) add_route(r, route);
}

static int compare(const void *a, const void *b)
{
	const struct route_rows *x = a, *y = b;
	int c = x->vrf == y->vrf ? 0 : strcmp(x->vrf, y->vrf);
	return c ? c : prefix_compare(x->prefix, y->prefix);
}

void routes_sort(struct route_table *r)
{
	if (r->routes_n)
		qsort(r->routes, r->routes_n, sizeof(*r->routes), compare);
}

void routes_line(const struct route_table *r, size_t i, struct text *out)
{
	for (size_t k = 0; k < r->routes[i].n; k++)
		table_row(&r->table, r->routes[i].first + k, out);
}

void routes_free(struct route_table *r)
{
	table_free(&r->table);
	free(r->routes);
	json_decref(r->vrfs);
}

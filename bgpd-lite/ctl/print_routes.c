#include "bgpd-lite/ctl/print_routes.h"

#include <string.h>

enum {
	CELL_PREFIX,
	CELL_VRF,
	CELL_STATE,
	CELL_USE,
	CELL_NEIGHBOR,
	CELL_NEXT_HOP,
	CELL_INTERFACE,
	CELL_PREF,
	CELL_MED,
	CELL_AS_PATH,
	CELL_RULE,
	CELL_WHY,
};
static const struct column columns[ROUTES_COLUMNS] = {{"Prefix", false}, {"VRF", false},
	{"State", false}, {"Use", false}, {"Neighbor", false}, {"Next hop", false},
	{"Interface", false}, {"Pref", true}, {"MED", true}, {"AS path", false}, {"Rule", false},
	{"Why", false}};
/* Where fields of a route and of a path go: cells as they are, and what the path is used for. */
struct field {
	const char *name;
	size_t cell;
};
enum {
	CELL_NONE = ROUTES_COLUMNS,
};
static const struct field route_fields[] = {
	{"prefix", CELL_PREFIX}, {"vrf", CELL_VRF}, {"state", CELL_STATE}, {NULL, CELL_NONE}};
static const struct field path_fields[] = {{"neighbor", CELL_NEIGHBOR}, {"next_hop", CELL_NEXT_HOP},
	{"interface", CELL_INTERFACE}, {"local_preference", CELL_PREF}, {"med", CELL_MED},
	{"as_path", CELL_AS_PATH}, {"rule_origin", CELL_RULE}, {"why", CELL_WHY},
	{NULL, CELL_NONE}};

void routes_init(struct route_table *r)
{
	*r = (struct route_table){0};
	table_init(&r->table, columns, ROUTES_COLUMNS);
}

static void set_cell(struct route_table *r, size_t cell, struct span value)
{
	struct text *t = &r->cells[cell];

	t->len = 0;
	if (cell < CELL_AS_PATH || !scan_is(value, "null"))
		scan_cell(value, t);
}

static void set_cells(
	struct route_table *r, const struct field *fields, struct span key, struct span value)
{
	for (; fields->name; fields++)
		if (scan_is(key, fields->name)) {
			set_cell(r, fields->cell, value);
			return;
		}
}

/* In the order of what counts most. */
static const char *const uses[] = {"best", "multipath", "fallback"};

static void set_path(struct route_table *r, struct scan *paths)
{
	struct text *neighbor = &r->cells[CELL_NEIGHBOR];
	struct scan it = scan_object(paths->rest);
	struct span key, value, id = {"0", 1}, weight = {"1", 1}, from = {"null", 4};
	bool accepted = false;
	size_t use = 3;

	while (scan_field(&it, &key, &value)) {
		set_cells(r, path_fields, key, value);
		if (scan_is(key, "path_id"))
			id = value;
		if (scan_is(key, "weight"))
			weight = value;
		if (scan_is(key, "imported_from"))
			from = value;
		if (!scan_is(value, "true"))
			continue;
		accepted = accepted || scan_is(key, "accepted");
		for (size_t i = 0; i < use; i++)
			if (scan_is(key, uses[i]))
				use = i;
	}
	scan_leave(paths, &it);
	r->cells[CELL_USE].len = 0;
	text_adds(&r->cells[CELL_USE], !accepted ? "rejected" : use < 3 ? uses[use] : "-");
	if (accepted && use < 2 && !scan_is(weight, "1")) {
		text_adds(&r->cells[CELL_USE], " weight ");
		text_add(&r->cells[CELL_USE], weight.s, weight.len);
	}
	const char *vrf = neighbor->s ? strstr(neighbor->s, " vrf ") : NULL;
	if (vrf) {
		neighbor->len = (size_t)(vrf - neighbor->s);
		neighbor->s[neighbor->len] = 0;
	}
	if (!scan_is(from, "null")) {
		text_adds(neighbor, " vrf ");
		scan_cell(from, neighbor);
	}
	if (scan_is(id, "0"))
		return;
	/* one of several of the neighbour */
	text_adds(neighbor, " #");
	text_add(neighbor, id.s, id.len);
}

/* What policies set on the route in the kernel, where no reason stands. */
static void set_kernel(struct route_table *r, struct span source, struct span metric)
{
	struct text *why = &r->cells[CELL_WHY];
	bool has_source = !scan_is(source, "null"), has_metric = !scan_is(metric, "null");

	text_adds(why, why->len && (has_source || has_metric) ? ", " : "");
	text_adds(why, has_source ? "source " : "");
	if (has_source)
		scan_cell(source, why);
	text_adds(why, has_source && has_metric ? ", " : "");
	text_adds(why, has_metric ? "metric " : "");
	if (has_metric)
		scan_cell(metric, why);
}

static void end_line(struct route_table *r, struct text *out)
{
	const char *cells[ROUTES_COLUMNS];

	for (size_t i = 0; i < ROUTES_COLUMNS; i++) {
		cells[i] = r->cells[i].len ? r->cells[i].s : "";
		r->table.err = r->table.err || r->cells[i].err;
	}
	if (r->begun)
		table_line(&r->table, cells, out);
	else
		table_add(&r->table, cells);
	/* The route's own cells stand in its first line alone. */
	for (size_t i = 0; i < ROUTES_COLUMNS; i++)
		r->cells[i].len = 0;
}

static void begin(struct route_table *r, struct text *out)
{
	if (r->begun)
		return;
	r->begun = true;
	table_print(&r->table, out);
	table_free(&r->table);
}

static void add_route(struct route_table *r, struct scan *routes, struct text *out)
{
	struct span key, value, error = {"", 0}, source = {"null", 4}, metric = source,
				list = {"[]", 2};
	struct scan it = scan_object(routes->rest);
	bool any = false;

	if (r->routes_n++ == ROUTES_ALIGNED)
		begin(r, out);
	while (scan_field(&it, &key, &value)) {
		set_cells(r, route_fields, key, value);
		if (scan_is(key, "error_text"))
			error = value;
		else if (scan_is(key, "source"))
			source = value;
		else if (scan_is(key, "kernel_metric"))
			metric = value;
		else if (scan_is(key, "paths"))
			list = value;
	}
	scan_leave(routes, &it);
	struct scan paths = scan_array(list);
	while (scan_next(&paths)) {
		set_path(r, &paths);
		if (!any && !scan_is(error, "\"\""))
			set_cell(r, CELL_WHY, error);
		else if (!any)
			set_kernel(r, source, metric);
		any = true;
		end_line(r, out);
	}
	if (!any) {
		set_cell(r, CELL_WHY, error);
		end_line(r, out);
	}
}

void routes_add(struct route_table *r, struct scan *routes, struct text *out)
{
	while (scan_next(routes))
		add_route(r, routes, out);
}

void routes_end(struct route_table *r, struct text *out)
{
	begin(r, out);
}

void routes_free(struct route_table *r)
{
	table_free(&r->table);
	for (size_t i = 0; i < ROUTES_COLUMNS; i++)
		text_free(&r->cells[i]);
}

#include "bgpd-lite/ctl/view.h"

#include "bgpd-lite/announcer.h"
#include "bgpd-lite/bgp/adj_out.h"
#include "bgpd-lite/ctl/control.h"
#include "bgpd-lite/ctl/put.h"
#include "bgpd-lite/neighbor.h"
#include "conf/files.h"

enum {
	NOT_COUNTED = -1,
};

static void put_owner(json_t *list, const char *name, size_t bytes, int64_t items)
{
	json_t *o = json_object();

	put_text(o, "owner", name);
	put_number(o, "bytes", bytes);
	json_object_set_new(o, "items", items < 0 ? json_null() : json_integer(items));
	json_array_append_new(list, o);
}

static void put_rib(json_t *list, const struct rib *r)
{
	struct rib_memory m = {0};
	struct rib_counts n = {0};

	rib_memory(r, &m);
	rib_count(r, &n);
	put_owner(list, "prefixes", m.prefixes, (int64_t)n.prefixes);
	put_owner(list, "paths", m.paths, (int64_t)n.paths);
	put_owner(list, "attributes", m.attributes, (int64_t)n.attr_sets);
	put_owner(list, "next hops", m.next_hops, NOT_COUNTED);
	put_owner(list, "groups", m.groups, (int64_t)n.groups);
	put_owner(list, "refused routes", m.failures, (int64_t)n.failed);
	put_owner(list, "followers", m.followed, NOT_COUNTED);
	put_owner(list, "queue to fib", m.queue, NOT_COUNTED);
	put_owner(list, "rib", m.fixed, NOT_COUNTED);
}

/* The snapshot in force, and the texts it was made of. */
static void put_configuration(json_t *list, const struct daemon *d)
{
	put_owner(list, "configuration", conf_bytes(d->conf), NOT_COUNTED);
	put_owner(list, "configuration files", conf_files_bytes(d->files), NOT_COUNTED);
}

static void put_history(json_t *list, const struct history *h)
{
	size_t bytes = 0;

	for (size_t i = 0; i < h->n; i++)
		bytes += h->entries[i].len;
	put_owner(list, "history", bytes, (int64_t)h->n);
}

static void put_sessions(json_t *list, const struct daemon *d)
{
	size_t bytes = 0;

	for (size_t i = 0; i < d->neighbors_n; i++)
		bytes += session_bytes(d->neighbors[i]->session);
	put_owner(list, "sessions", bytes, (int64_t)d->neighbors_n);
}

static json_t *view_limits(const struct daemon *d)
{
	json_t *list = json_array();

	for (int kind = 0; kind < BUDGET_KINDS; kind++) {
		struct ration_bound b = budget_bound(d, (enum budget_kind)kind);
		if (!b.limit)
			continue;
		json_t *o = json_object();
		put_text(o, "limit", budget_name((enum budget_kind)kind));
		put_number(o, "bytes", b.limit);
		put_number(o, "used_bytes", b.used);
		json_array_append_new(list, o);
	}
	return list;
}

json_t *view_memory(const struct daemon *d)
{
	const struct adj_out *told = announcer_table(d->announcer);
	json_t *list = json_array(), *o = json_object();
	size_t clients, bytes = control_bytes(d->control, &clients), i;
	uint64_t total = 0;
	json_t *owner;

	put_rib(list, d->rib);
	put_sessions(list, d);
	put_owner(list, "announcements", adj_out_bytes(told), (int64_t)adj_out_count(told));
	put_configuration(list, d);
	put_history(list, &d->history);
	put_owner(list, "events", sizeof(d->events),
		(int64_t)(d->events.n < EVENTS_MAX ? d->events.n : EVENTS_MAX));
	put_owner(list, "clients", bytes, (int64_t)clients);
	json_array_foreach(list, i, owner) total +=
		(uint64_t)json_integer_value(json_object_get(owner, "bytes"));
	put_number(o, "total_bytes", total);
	json_object_set_new(o, "owners", list);
	json_object_set_new(o, "limits", view_limits(d));
	put_number(o, "refused_n", d->budget.refused_n);
	return o;
}

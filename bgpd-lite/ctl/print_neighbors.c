/* `show neighbors`: a line each, or a page of one. */
#include "bgpd-lite/ctl/commands.h"
#include "bgpd-lite/ctl/get.h"

#include <stdio.h>
#include <string.h>

static const char *note(const json_t *n, char out[256])
{
	const char *waiting = get_text(n, "waiting");
	const char *down = get_text(json_object_get(n, "last_down"), "reason");
	bool established = strcmp(get_text(n, "state"), "Established") == 0;
	const char *text = established ? get_text(n, "description") : waiting[0] ? waiting : down;

	if (get_bool(n, "shutdown"))
		text = get_text(n, "shutdown_message");
	snprintf(out, 256, "%s%s%s%s", get_bool(n, "pending") ? "change pending; " : "",
		get_bool(n, "shutdown") ? "shutdown" : "",
		get_bool(n, "shutdown") && text[0] ? ": " : "", text);
	return out;
}

static void put_table(const json_t *list, struct text *out)
{
	static const struct column columns[] = {{"Neighbor", false}, {"VRF", false}, {"AS", true},
		{"State", false}, {"For", true}, {"Received", true}, {"Accepted", true},
		{"BFD", false}, {"Note", false}};
	struct table t;
	size_t i;
	const json_t *n;

	table_init(&t, columns, 9);
	json_array_foreach(list, i, n)
	{
		char b[6][CELL_MAX], text[256];
		const json_t *prefixes = json_object_get(n, "prefixes");
		table_add(&t, (const char *[]){get_neighbor(n, "name", b[0]), get_text(n, "vrf"),
				      get_cell(n, "remote_as", b[1]), get_text(n, "state"),
				      get_duration(n, "since_s", b[2]),
				      get_cell(prefixes, "received", b[3]),
				      get_cell(prefixes, "accepted", b[4]),
				      get_cell(n, "bfd", b[5]), note(n, text)});
	}
	table_print(&t, out);
	table_free(&t);
}

/* A label, and the field of o that it shows. */
struct label {
	const char *label;
	const char *key;
};

static void put_labels(struct text *out, const json_t *o, const struct label *labels, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char cell[CELL_MAX];
		if (!json_is_null(json_object_get(o, labels[i].key)))
			put_field(out, labels[i].label, get_cell(o, labels[i].key, cell));
	}
}

static void put_list_field(struct text *out, const char *label, const json_t *list)
{
	struct text t = {0};
	put_list(&t, list);
	put_field(out, label, t.s ? t.s : "");
	text_free(&t);
}

static void put_flags(const json_t *n, struct text *out)
{
	static const struct label flags[] = {{"a change waits for the next start", "pending"},
		{"shutdown", "shutdown"}, {"passive", "passive"},
		{"speaker of this host", "local_speaker"}, {"TCP-MD5", "password"}};
	struct text t = {0};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (get_bool(n, flags[i].key))
			text_addf(&t, "%s%s", t.len ? ", " : "", flags[i].label);
	put_field(out, "flags", t.s ? t.s : "");
	text_free(&t);
}

static void put_state(const json_t *n, struct text *out)
{
	static const struct label labels[] = {{"waiting", "waiting"},
		{"shutdown by", "shutdown_by"}, {"shutdown message", "shutdown_message"},
		{"notification sent", "notification_sent"},
		{"notification received", "notification_received"}, {"BFD", "bfd"},
		{"local address", "local_address"}, {"interface", "session_interface"},
		{"router-id of the peer", "router_id"}, {"configured at", "origin"}};
	const json_t *down = json_object_get(n, "last_down");
	char cell[CELL_MAX], text[512];

	snprintf(text, sizeof(text), "%s for %s", get_text(n, "state"),
		get_duration(n, "since_s", cell));
	put_field(out, "state", text);
	if (json_is_object(down)) {
		snprintf(text, sizeof(text), "%s, %s ago", get_text(down, "reason"),
			get_duration(down, "ago_s", cell));
		put_field(out, "last down", text);
	}
	put_labels(out, n, labels, sizeof(labels) / sizeof(labels[0]));
	put_flags(n, out);
}

static void put_open(const json_t *n, struct text *out)
{
	static const struct label timers[] = {{"hold time, s", "hold_time_s"},
		{"keepalive time, s", "keepalive_time_s"},
		{"hold time configured, s", "hold_time_configured_s"},
		{"connect retry time, s", "connect_retry_time_s"},
		{"idle hold time, s", "idle_hold_time_s"}};

	put_labels(out, json_object_get(n, "timers"), timers, sizeof(timers) / sizeof(timers[0]));
	put_list_field(out, "families", json_object_get(n, "families"));
	put_list_field(out, "families negotiated", json_object_get(n, "families_negotiated"));
	if (get_bool(n, "extended_nexthop"))
		put_list_field(out, "IPv6 next hops of",
			json_object_get(n, "extended_nexthop_negotiated"));
	if (json_array_size(json_object_get(n, "add_path_negotiated")))
		put_list_field(out, "several paths of", json_object_get(n, "add_path_negotiated"));
	put_list_field(out, "End-of-RIB received", json_object_get(n, "end_of_rib"));
	put_list_field(out, "capabilities", json_object_get(n, "capabilities"));
	put_labels(out, n, &(struct label){"longest message sent", "message_max"}, 1);
}

/* Ours, the neighbour's, and what is going on. */
static void put_graceful(const json_t *n, struct text *out)
{
	static const struct label theirs[] = {{"  neighbor's time, s", "restart_time_s"},
		{"  over NOTIFICATION", "notification"}, {"  time left, s", "restart_left_s"},
		{"  long-lived time left, s", "long_lived_left_s"},
		{"  stale time left, s", "stale_left_s"}};
	const json_t *g = json_object_get(n, "graceful_restart");
	char text[64];

	snprintf(text, sizeof(text), "%s, %s", get_text(g, "mode"), get_text(g, "state"));
	put_field(out, "graceful restart", text);
	if (!get_bool(g, "offered"))
		return;
	put_list_field(out, "  neighbor's families", json_object_get(g, "families"));
	put_list_field(out, "  long-lived", json_object_get(g, "long_lived"));
	put_labels(out, g, theirs, sizeof(theirs) / sizeof(theirs[0]));
}

static void put_refresh(const json_t *n, struct text *out)
{
	static const struct label left[] = {{"  stale time left, s", "stale_left_s"}};
	const json_t *r = json_object_get(n, "route_refresh");
	const json_t *receiving = json_object_get(r, "receiving");

	put_field(out, "route refresh",
		get_bool(r, "enhanced")  ? "enhanced"
		: get_bool(r, "offered") ? "plain"
					 : "none");
	if (json_array_size(receiving)) {
		put_list_field(out, "  being received", receiving);
		put_labels(out, r, left, 1);
	}
}

static void put_role(const json_t *n, struct text *out)
{
	const json_t *role = json_object_get(n, "role");
	bool said = !json_is_null(json_object_get(role, "neighbor"));
	char text[96];

	snprintf(text, sizeof(text), "%s, neighbor %s%s", get_text(role, "ours"),
		said ? get_text(role, "neighbor") : "says none",
		get_bool(role, "strict") ? ", strict" : "");
	put_field(out, "role", text);
}

static void put_prefixes(const json_t *n, struct text *out)
{
	static const struct label prefixes[] = {{"prefixes received", "received"},
		{"  of them IPv4", "received_ipv4"}, {"  of them IPv6", "received_ipv6"},
		{"  of them stale", "stale"},
		{"  of them in graceful shutdown", "graceful_shutdown"},
		{"prefixes accepted", "accepted"}};

	static const struct label limits[] = {
		{"maximum prefix", "maximum_prefix"}, {"  at the limit", "maximum_prefix_action"}};
	static const struct label memory[] = {{"ended for memory, times", "refusals"},
		{"  paths that it had", "paths"}, {"  tried again in, s", "retry_left_s"}};
	static const struct label passed_on[] = {
		{"learnt IPv4 passed on", "learnt_ipv4"}, {"learnt IPv6 passed on", "learnt_ipv6"}};
	static const struct label announced[] = {{"announced IPv4", "ipv4"},
		{"announced IPv6", "ipv6"}, {"  to be sent", "pending"},
		{"  could not be sent", "refused"}};

	put_labels(out, json_object_get(n, "prefixes"), prefixes, 6);
	if (get_number(json_object_get(n, "prefixes"), "bad_link_bandwidth"))
		put_labels(out, json_object_get(n, "prefixes"),
			&(struct label){"  with a link bandwidth of no use", "bad_link_bandwidth"},
			1);
	if (get_bool(n, "local_speaker")) {
		put_labels(out, json_object_get(n, "prefixes"),
			&(struct label){"  refused: learnt here", "echoes"}, 1);
		put_labels(out, json_object_get(n, "announced"), passed_on, 2);
	}
	put_labels(out, json_object_get(n, "announced"), announced, 4);
	if (get_number(n, "maximum_prefix")) {
		put_labels(out, n, limits, 2);
		put_labels(out, json_object_get(n, "prefixes"),
			&(struct label){"  blocked", "blocked"}, 1);
	}
	if (get_number(json_object_get(n, "memory"), "refusals"))
		put_labels(out, json_object_get(n, "memory"), memory, 3);
	if (get_number(n, "allow_as_in"))
		put_labels(out, n, &(struct label){"own AS allowed, times", "allow_as_in"}, 1);
}

static void put_imports(const json_t *list, struct text *out)
{
	size_t i, k;
	const json_t *chain, *one;

	if (json_array_size(list) == 0)
		put_field(out, "import", "none: nothing is permitted");
	json_array_foreach(list, i, chain)
	{
		struct text t = {0};
		text_addf(
			&t, "%s (%s):", get_text(chain, "contributor"), get_text(chain, "origin"));
		json_array_foreach(json_object_get(chain, "lists"), k, one) text_addf(&t,
			"%s %s (%s)", k ? "," : "", get_text(one, "name"), get_text(one, "origin"));
		put_field(out, "import", t.s ? t.s : "");
		text_free(&t);
	}
}

static void put_messages_table(const json_t *counters, struct text *out)
{
	static const struct column columns[] = {
		{"  Messages", false}, {"Received", true}, {"Sent", true}};
	static const struct label types[] = {{"  open", "open"}, {"  update", "update"},
		{"  notification", "notification"}, {"  keepalive", "keepalive"},
		{"  route refresh", "route_refresh"}, {"  all", "all"}};
	const json_t *in = json_object_get(counters, "messages_received");
	const json_t *sent = json_object_get(counters, "messages_sent");
	struct table t;

	table_init(&t, columns, 3);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		char b[2][CELL_MAX];
		table_add(&t, (const char *[]){types[i].label, get_cell(in, types[i].key, b[0]),
				      get_cell(sent, types[i].key, b[1])});
	}
	table_print(&t, out);
	table_free(&t);
}

static void put_faults(const json_t *faults, struct text *out)
{
	static const struct column columns[] = {
		{"  Faults in UPDATEs", false}, {"Action", false}, {"Count", true}};
	struct table t;
	size_t i;
	const json_t *one;

	if (json_array_size(faults) == 0)
		return;
	table_init(&t, columns, 3);
	json_array_foreach(faults, i, one)
	{
		char name[CELL_MAX], n[CELL_MAX];
		snprintf(name, sizeof(name), "  %s", get_text(one, "attribute"));
		table_add(
			&t, (const char *[]){name, get_text(one, "action"), get_cell(one, "n", n)});
	}
	table_print(&t, out);
	table_free(&t);
}

static void put_counters(const json_t *counters, struct text *out)
{
	static const struct label labels[] = {{"bytes received", "bytes_received"},
		{"bytes sent", "bytes_sent"}, {"times established", "established_n"},
		{"times dropped", "dropped_n"}, {"connects failed", "connect_failed_n"},
		{"connections accepted", "accepted_n"}, {"connections refused", "refused_n"},
		{"attributes discarded", "updates_attribute_discarded"},
		{"treated as withdrawn", "updates_treated_as_withdrawn"}};

	put_messages_table(counters, out);
	put_faults(json_object_get(counters, "faults"), out);
	put_labels(out, counters, labels, sizeof(labels) / sizeof(labels[0]));
}

static void put_page(const json_t *n, struct text *out)
{
	char b[3][CELL_MAX];

	text_adds(out, "BGP neighbor ");
	text_plain(out, get_neighbor(n, "name", b[0]));
	text_adds(out, " vrf ");
	text_plain(out, get_text(n, "vrf"));
	text_addf(out, ", AS %s, local AS %s\n", get_cell(n, "remote_as", b[1]),
		get_cell(n, "local_as", b[2]));
	put_field(out, "description", get_text(n, "description"));
	put_state(n, out);
	put_open(n, out);
	put_graceful(n, out);
	put_refresh(n, out);
	put_role(n, out);
	put_prefixes(n, out);
	put_imports(json_object_get(n, "import"), out);
	put_counters(json_object_get(n, "counters"), out);
}

void print_neighbors(const json_t *reply, const struct ask *a, struct text *out)
{
	const json_t *list = json_object_get(reply, "neighbors");
	size_t i;
	const json_t *n;

	if (!a->detail) {
		put_table(list, out);
		return;
	}
	json_array_foreach(list, i, n) put_page(n, out);
}

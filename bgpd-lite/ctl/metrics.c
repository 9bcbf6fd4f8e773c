/* `metrics`: Prometheus text. Names and labels as frr-k8s has them, under bgpd_lite_. */
#include "bgpd-lite/ctl/own.h"

#include <stdio.h>
#include <string.h>

#include "bgpd-lite/ctl/get.h"
#include "bgpd-lite/ctl/processes.h"

/* One metric of each neighbour or BFD session: the field is a path of keys. */
struct metric {
	const char *name;
	const char *type;
	const char *help;
	const char *field;
	const char *one; /* not NULL: 1 where the field is that text, else 0 */
};

static const struct metric of_neighbor[] = {
	{"bgp_session_up", "gauge", "BGP session state (1 is up, 0 is down)", "state",
		"Established"},
	{"bgp_received_prefixes_total", "gauge", "Prefixes received on the session now",
		"prefixes.received", NULL},
	{"bgp_accepted_prefixes_total", "gauge", "Of them permitted by the filters",
		"prefixes.accepted", NULL},
	{"bgp_updates_total", "counter", "UPDATE messages sent", "counters.messages_sent.update",
		NULL},
	{"bgp_updates_total_received", "counter", "UPDATE messages received",
		"counters.messages_received.update", NULL},
	{"bgp_opens_sent", "counter", "OPEN messages sent", "counters.messages_sent.open", NULL},
	{"bgp_opens_received", "counter", "OPEN messages received",
		"counters.messages_received.open", NULL},
	{"bgp_notifications_sent", "counter", "NOTIFICATION messages sent",
		"counters.messages_sent.notification", NULL},
	{"bgp_notifications_received", "counter", "NOTIFICATION messages received",
		"counters.messages_received.notification", NULL},
	{"bgp_keepalives_sent", "counter", "KEEPALIVE messages sent",
		"counters.messages_sent.keepalive", NULL},
	{"bgp_keepalives_received", "counter", "KEEPALIVE messages received",
		"counters.messages_received.keepalive", NULL},
	{"bgp_route_refresh_sent", "counter", "ROUTE-REFRESH messages sent",
		"counters.messages_sent.route_refresh", NULL},
	{"bgp_total_sent", "counter", "Messages sent", "counters.messages_sent.all", NULL},
	{"bgp_total_received", "counter", "Messages received", "counters.messages_received.all",
		NULL},
	{"bgp_established_total", "counter", "Times the session was Established",
		"counters.established_n", NULL},
	{"bgp_dropped_total", "counter", "Times it was lost", "counters.dropped_n", NULL},
	{"bgp_memory_refusals_total", "counter", "Times it was ended because memory was short",
		"memory.refusals", NULL},
	{"bgp_updates_treated_as_withdrawn_total", "counter", "UPDATEs with errors (RFC 7606)",
		"counters.updates_treated_as_withdrawn", NULL},
};

static const struct metric of_session[] = {
	{"bfd_session_up", "gauge", "BFD session state (1 is up, 0 is down)", "state", "Up"},
	{"bfd_control_packet_input", "counter", "BFD control packets received", "stats.received",
		NULL},
	{"bfd_control_packet_output", "counter", "BFD control packets sent", "stats.sent", NULL},
	{"bfd_session_up_events", "counter", "Times the session came up", "stats.up_n", NULL},
	{"bfd_session_down_events", "counter", "Times it left Up", "stats.down_n", NULL},
	{"bfd_session_down_late_events", "counter", "Of them while this node itself had woken late",
		"stats.down_late_n", NULL},
	{"bfd_saved_by_drain_total", "counter",
		"Detections called off: packets waited in the socket", "stats.saved_by_drain",
		NULL},
	{"bfd_transmit_late_max_seconds", "gauge", "How late a packet was sent at most",
		"stats.late_max_ms", NULL},
	{"bfd_transmit_late_average_seconds", "gauge", "How late packets were sent on average",
		"stats.late_average_ms", NULL},
};

/* Of the whole bfd process; every session has them. */
static const struct metric of_bfd[] = {
	{"bfd_wake_late_max_seconds", "gauge", "How late the bfd process woke at most",
		"stats.wake_late_max_ms", NULL},
	{"bfd_wake_late_average_seconds", "gauge", "How late it woke on average",
		"stats.wake_late_average_ms", NULL},
};

static const struct metric of_daemon[] = {
	{"start_time_seconds", "gauge", "When the daemon started, since 1970", "started_at_s",
		NULL},
	{"rib_prefixes", "gauge", "Prefixes known", "rib.prefixes", NULL},
	{"rib_paths", "gauge", "Paths known", "rib.paths", NULL},
	{"rib_unresolved_paths", "gauge", "Paths whose next hop is unresolved", "rib.unresolved",
		NULL},
	{"rib_waiting_prefixes", "gauge", "Prefixes to be decided", "rib.dirty", NULL},
	{"rib_memory_bytes", "gauge", "Memory of tables and paths", "rib.memory_bytes", NULL},
	{"fib_installed_prefixes", "gauge", "Prefixes the kernel has or is being told of",
		"rib.installed", NULL},
	{"fib_errors", "gauge", "Prefixes that the kernel refuses", "rib.failed", NULL},
	{"fib_operations_total", "counter", "Route operations", "rib.operations_sent", NULL},
	{"fib_repairs_total", "counter", "Repairs after the loss of a session", "fib.repairs",
		NULL},
	{"netlink_resyncs_total", "counter",
		"Times the kernel's notifications were lost and all was read again", "fib.resyncs",
		NULL},
	{"loop_stalls_total", "counter", "Turns of the bgp process's loop of 50 ms and longer",
		"loop.stalls", NULL},
	{"loop_longest_turn_seconds", "gauge", "The longest turn of its loop", "loop.longest_ms",
		NULL},
	{"nexthop_groups", "gauge", "Groups of gateways", "rib.groups", NULL},
	{"config_last_reload_success", "gauge", "1: no file is in quarantine", "last_reload.ok",
		NULL},
	{"config_last_reload_timestamp_seconds", "gauge", "When it was, since 1970",
		"last_reload.at_s", NULL},
};

static const json_t *field_of(const json_t *o, const char *path)
{
	for (const char *dot; o && (dot = strchr(path, '.')); path = dot + 1) {
		char key[64];
		snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
		o = json_object_get(o, key);
	}
	return json_object_get(o, path);
}

void metrics_put_label(struct text *out, const char *name, const char *value)
{
	text_addf(out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\n') {
			text_adds(out, "\\n");
			continue;
		}
		if (*value == '"' || *value == '\\')
			text_adds(out, "\\");
		text_add(out, value, 1);
	}
	text_adds(out, "\"");
}

void metrics_put_head(struct text *out, const char *name, const char *type, const char *help)
{
	text_addf(out, "# HELP bgpd_lite_%s %s\n# TYPE bgpd_lite_%s %s\n", name, help, name, type);
}

/* Milliseconds in our replies are seconds in metrics. */
static bool is_ms(const char *field)
{
	size_t len = strlen(field);
	return len > 3 && strcmp(field + len - 3, "_ms") == 0;
}

/* A field that is not there (no counters yet) has no sample. */
static void put_sample(
	struct text *out, const struct metric *m, const json_t *o, const struct text *labels)
{
	const json_t *v = field_of(o, m->field);
	json_int_t n = json_is_true(v);

	if (!v || json_is_null(v))
		return;
	if (m->one)
		n = json_is_string(v) && strcmp(json_string_value(v), m->one) == 0;
	else if (json_is_integer(v))
		n = json_integer_value(v);
	text_addf(out, "bgpd_lite_%s%s ", m->name, labels->s ? labels->s : "");
	if (is_ms(m->field))
		text_addf(out, "%.6f\n", json_number_value(v) / 1000);
	else
		text_addf(out, "%" JSON_INTEGER_FORMAT "\n", n);
}

/* {peer="192.0.2.1",vrf="red"}; a link-local peer carries its interface. */
static void put_peer(struct text *labels, const json_t *o)
{
	char cell[CELL_MAX];

	text_adds(labels, "{");
	metrics_put_label(labels, "peer",
		get_neighbor(o, json_object_get(o, "name") ? "name" : "neighbor", cell));
	text_adds(labels, ",");
	metrics_put_label(labels, "vrf", get_text(o, "vrf"));
	text_adds(labels, "}");
}

static void put_metrics(struct text *out, const struct metric *m, size_t n, const json_t *list)
{
	for (size_t k = 0; k < n && json_array_size(list); k++) {
		size_t i;
		const json_t *o;
		metrics_put_head(out, m[k].name, m[k].type, m[k].help);
		json_array_foreach(list, i, o)
		{
			struct text labels = {0};
			put_peer(&labels, o);
			put_sample(out, &m[k], o, &labels);
			text_free(&labels);
		}
	}
}

static void put_reasons(struct text *out, const char *name, const json_t *of, const json_t *reasons)
{
	const char *reason;
	json_t *n;

	json_object_foreach((json_t *)reasons, reason, n)
	{
		struct text labels = {0};
		if (of)
			put_peer(&labels, of);
		text_addf(out, "bgpd_lite_%s", name);
		if (of)
			text_add(out, labels.s, strlen(labels.s) - 1);
		text_adds(out, of ? "," : "{");
		metrics_put_label(out, "reason", reason);
		text_addf(out, "} %" JSON_INTEGER_FORMAT "\n", json_integer_value(n));
		text_free(&labels);
	}
}

/* Packets by reason; what is of the process is taken from the first session that has counters. */
static void put_drops(struct text *out, const json_t *sessions)
{
	const json_t *process = NULL;
	size_t i;
	const json_t *o;

	if (json_array_size(sessions) == 0)
		return;
	metrics_put_head(out, "bfd_dropped_packets_total", "counter",
		"BFD packets dropped after their session was found");
	json_array_foreach(sessions, i, o)
	{
		put_reasons(out, "bfd_dropped_packets_total", o,
			field_of(o, "stats.dropped_by_reason"));
		if (!process && json_is_object(json_object_get(o, "stats")))
			process = o;
	}
	if (!process)
		return;
	metrics_put_head(out, "bfd_refused_packets_total", "counter",
		"BFD packets refused before a session was found");
	put_reasons(out, "bfd_refused_packets_total", NULL,
		field_of(process, "stats.refused_by_reason"));
	for (i = 0; i < sizeof(of_bfd) / sizeof(of_bfd[0]); i++) {
		metrics_put_head(out, of_bfd[i].name, of_bfd[i].type, of_bfd[i].help);
		put_sample(out, &of_bfd[i], process, &(struct text){0});
	}
}

static void put_contributors(struct text *out, const json_t *list)
{
	static const char *const states[][3] = {
		{"contributor_quarantined", "quarantined", "1: its present text is not in force"},
		{"contributor_disabled", "disabled", "1: an administrator switched it off"}};
	size_t i;
	const json_t *c;

	for (size_t k = 0; k < 2; k++) {
		metrics_put_head(out, states[k][0], "gauge", states[k][2]);
		json_array_foreach(list, i, c)
		{
			text_addf(out, "bgpd_lite_%s{", states[k][0]);
			metrics_put_label(out, "contributor", get_text(c, "name"));
			text_addf(out, "} %d\n", get_bool(c, states[k][1]));
		}
	}
	metrics_put_head(out, "contributor_quarantined_sections", "gauge",
		"sections that are not in force, of a text that else is");
	json_array_foreach(list, i, c)
	{
		text_adds(out, "bgpd_lite_contributor_quarantined_sections{");
		metrics_put_label(out, "contributor", get_text(c, "name"));
		text_addf(out, "} %zu\n", json_array_size(json_object_get(c, "sections")));
	}
}

static void put_vrfs(struct text *out, const json_t *list)
{
	size_t i;
	const json_t *v;

	metrics_put_head(out, "vrf_installed_prefixes", "gauge",
		"Prefixes of the VRF that the kernel has or is being told of");
	json_array_foreach(list, i, v)
	{
		text_adds(out, "bgpd_lite_vrf_installed_prefixes{");
		metrics_put_label(out, "vrf", get_text(v, "name"));
		text_addf(out, "} %" JSON_INTEGER_FORMAT "\n", get_number(v, "installed"));
	}
	metrics_put_head(
		out, "vrf_flushed", "gauge", "1: an operator holds its routes out of the kernel");
	json_array_foreach(list, i, v)
	{
		text_adds(out, "bgpd_lite_vrf_flushed{");
		metrics_put_label(out, "vrf", get_text(v, "name"));
		text_addf(out, "} %d\n", get_number(v, "flushed_at_s") != 0);
	}
}

static void put_problems(struct text *out, const json_t *list)
{
	static const char *const severities[] = {"critical", "warning"};

	metrics_put_head(out, "problems", "gauge", "What bgpd-litectl status lists");
	for (size_t k = 0; k < 2; k++) {
		size_t i, n = 0;
		const json_t *p;
		json_array_foreach(list, i, p) n +=
			strcmp(get_text(p, "severity"), severities[k]) == 0;
		text_addf(out, "bgpd_lite_problems{severity=\"%s\"} %zu\n", severities[k], n);
	}
}

static void put_daemon(struct text *out, const json_t *status)
{
	struct text none = {0};

	for (size_t i = 0; i < sizeof(of_daemon) / sizeof(of_daemon[0]); i++) {
		metrics_put_head(out, of_daemon[i].name, of_daemon[i].type, of_daemon[i].help);
		put_sample(out, &of_daemon[i], status, &none);
	}
	metrics_put_fib(json_object_get(status, "fib"), out);
	put_vrfs(out, json_object_get(status, "vrfs"));
	put_contributors(out, json_object_get(status, "contributors"));
	put_problems(out, json_object_get(status, "problems"));
}

void metrics_put(
	const json_t *status, const json_t *neighbors, const json_t *sessions, struct text *out)
{
	metrics_put_head(out, "up", "gauge", "1: the daemon answers");
	text_addf(out, "bgpd_lite_up %d\n", status != NULL);
	if (!status)
		return;
	put_daemon(out, status);
	put_metrics(out, of_neighbor, sizeof(of_neighbor) / sizeof(of_neighbor[0]),
		json_object_get(neighbors, "neighbors"));
	put_metrics(out, of_session, sizeof(of_session) / sizeof(of_session[0]),
		json_object_get(sessions, "sessions"));
	put_drops(out, json_object_get(sessions, "sessions"));
}

enum exchange_result metrics_text(const char *path, struct text *out)
{
	enum exchange_result result;
	json_t *status = own_ask(path, "io.bgpd-lite.Status", &result);
	json_t *neighbors = status ? own_ask(path, "io.bgpd-lite.ShowNeighbors", &result) : NULL;
	json_t *sessions = neighbors ? own_ask(path, "io.bgpd-lite.ShowBfd", &result) : NULL;
	json_t *memory = sessions ? own_ask(path, "io.bgpd-lite.ShowMemory", &result) : NULL;

	if (memory)
		processes_put_memory(memory, path);
	metrics_put(status, neighbors, sessions, out);
	metrics_put_memory(memory, out);
	json_decref(status);
	json_decref(neighbors);
	json_decref(sessions);
	json_decref(memory);
	return result;
}

int metrics_run(const char *path)
{
	struct text out = {0};
	enum exchange_result result = metrics_text(path, &out);

	if (out.s && !out.err)
		fputs(out.s, stdout);
	text_free(&out);
	return result == EXCHANGE_DONE && fflush(stdout) == 0 ? 0 : OWN_EXIT_NO_DAEMON;
}

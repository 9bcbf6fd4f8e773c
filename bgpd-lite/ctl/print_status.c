/* `status`: one screen. */
#include "bgpd-lite/ctl/commands.h"
#include "bgpd-lite/ctl/get.h"
#include "bgpd-lite/ctl/messages.h"
#include "bgpd-lite/ctl/people.h"

#include <stdio.h>
#include <string.h>

#define N "%" JSON_INTEGER_FORMAT

static void put_head(const json_t *reply, struct text *out)
{
	char cell[CELL_MAX];

	text_adds(out, "bgpd-lite ");
	text_plain(out, get_text(reply, "daemon_version"));
	text_addf(out, "  up %s", get_duration(reply, "uptime_s", cell));
	text_addf(out, "  router-id %s", get_cell(reply, "router_id", cell));
	text_addf(out, "  AS %s", get_cell(reply, "local_as", cell));
	text_adds(out, get_bool(reply, "starting") ? "  starting: the kernel is being read" : "");
	text_adds(out, get_bool(reply, "stopping") ? "  stopping\n\n" : "\n\n");
}

static void put_drain(const json_t *reply, struct text *out)
{
	struct ask none = {0};

	if (strcmp(get_text(json_object_get(reply, "drain"), "state"), "none") == 0)
		return;
	text_adds(out, "Drain     ");
	print_drain(json_object_get(reply, "drain"), &none, out);
}

static void put_sessions(const json_t *reply, struct text *out)
{
	const json_t *neighbors = json_object_get(reply, "neighbors");
	const json_t *bfd = json_object_get(reply, "bfd");

	text_addf(out, "Sessions  " N " of " N " Established", get_number(neighbors, "Established"),
		get_number(neighbors, "configured"));
	if (get_number(neighbors, "pending"))
		text_addf(out, ", " N " with a pending change", get_number(neighbors, "pending"));
	text_addf(out, "\nBFD       " N " of " N " Up\n", get_number(bfd, "Up"),
		get_number(bfd, "configured"));
}

static void put_routes(const json_t *rib, struct text *out)
{
	text_addf(out,
		"Routes    " N " prefixes, " N " paths, " N " installed, " N " failed, " N
		" to be decided\n",
		get_number(rib, "prefixes"), get_number(rib, "paths"), get_number(rib, "installed"),
		get_number(rib, "failed"), get_number(rib, "dirty"));
	text_addf(out, "Nexthops  " N " gateways in " N " groups", get_number(rib, "gateways"),
		get_number(rib, "groups"));
	if (get_number(rib, "unresolved"))
		text_addf(out, "; " N " paths with unresolved next hops",
			get_number(rib, "unresolved"));
	text_adds(out, "\n");
}

/* "          written again after others: 3 deleted, 1 replaced", where there is anything. */
static void put_drift(const json_t *drift, struct text *out)
{
	const char *cause, *before = "          written again after others: ";
	const json_t *n;

	json_object_foreach((json_t *)drift, cause, n)
	{
		if (json_integer_value(n) == 0)
			continue;
		text_addf(out, "%s" N " ", before, json_integer_value(n));
		text_plain(out, cause);
		before = ", ";
	}
	text_adds(out, before[0] == ',' ? "\n" : "");
}

static void put_fib(const json_t *fib, struct text *out)
{
	char cell[CELL_MAX];
	const json_t *last = json_object_get(fib, "last_repair");

	text_addf(out, "FIB       " N " packets sent, " N " done, " N " repairs%s\n",
		get_number(fib, "packets_sent"), get_number(fib, "packets_done"),
		get_number(fib, "repairs"), get_bool(fib, "synced") ? "" : ", not synced yet");
	put_drift(json_object_get(fib, "drift"), out);
	if (!json_is_object(last))
		return;
	text_addf(out,
		"          last repair %s ago by %s: %.3f ms, " N " messages, " N " gateways, " N
		" groups replaced\n",
		get_duration(last, "ago_s", cell), get_text(last, "cause"),
		(double)get_number(last, "duration_us") / 1000, get_number(last, "messages"),
		get_number(last, "gateways"), get_number(last, "groups"));
}

static void put_reload(const json_t *reply, const struct ask *a, struct text *out)
{
	char ago[PEOPLE_DURATION_MAX];
	const json_t *last = json_object_get(reply, "last_reload");
	json_int_t s = a->now_s - get_number(last, "at_s");

	if (!json_is_object(last))
		return;
	text_addf(out,
		"Reload    %s, %s ago: " N " changed, " N " added, " N " removed, " N " pending\n",
		get_bool(last, "ok") ? "ok" : "with errors",
		people_duration(s > 0 ? (uint64_t)s : 0, ago), get_number(last, "changed"),
		get_number(last, "added"), get_number(last, "removed"),
		get_number(last, "pending"));
}

static void put_vrfs(const json_t *list, struct text *out)
{
	static const struct column columns[] = {{"VRF", false}, {"Device", false}, {"Table", true},
		{"Neighbors", true}, {"Received", true}, {"Accepted", true}, {"Installed", true}};
	static const char *const keys[] = {
		"name", "device", "table", "neighbors", "received", "accepted"};
	struct table t;
	size_t i;
	const json_t *v;

	table_init(&t, columns, 7);
	json_array_foreach(list, i, v)
	{
		char buffers[7][CELL_MAX];
		const char *cells[7];
		for (size_t k = 0; k < 6; k++)
			cells[k] = get_cell(v, keys[k], buffers[k]);
		cells[6] = get_installed(v, buffers[6]);
		table_add(&t, cells);
	}
	text_adds(out, "\n");
	table_print(&t, out);
	table_free(&t);
}

/* "in force", perhaps but for sections. */
static const char *in_force(const json_t *c, char part[64])
{
	size_t n = json_array_size(json_object_get(c, "sections"));

	if (n == 0)
		return "in force";
	snprintf(part, 64, "in force but for %zu section%s", n, n == 1 ? "" : "s");
	return part;
}

static void put_contributor(struct table *t, const json_t *c)
{
	char state[256], part[64];
	const char *masked = get_text(c, "masked_by"), *unmatched = get_text(c, "unmatched");

	if (masked[0])
		snprintf(state, sizeof(state), "masked by %s", masked);
	else if (unmatched[0])
		snprintf(state, sizeof(state), "not for this host: %s", unmatched);
	else
		snprintf(state, sizeof(state), "%s",
			get_bool(c, "disabled")       ? "switched off by the administrator"
			: !get_bool(c, "quarantined") ? in_force(c, part)
			: get_bool(c, "last_good") ? "quarantined, its last good text is in force"
						   : "quarantined, nothing of it is in force");
	table_add(t, (const char *[]){get_text(c, "name"), get_bool(c, "owner") ? "yes" : "no",
			     state, get_text(c, "file")});
}

void put_contributors(const json_t *list, struct text *out)
{
	static const struct column columns[] = {
		{"Contributor", false}, {"Owner", false}, {"State", false}, {"File", false}};
	struct table t;
	size_t i;
	const json_t *c;

	table_init(&t, columns, 4);
	json_array_foreach(list, i, c) put_contributor(&t, c);
	table_print(&t, out);
	table_free(&t);
}

static void put_problems(const json_t *reply, struct text *out)
{
	const json_t *list = json_object_get(reply, "problems"), *p;
	size_t i;

	text_adds(out, json_array_size(list) ? "\nProblems\n" : "");
	json_array_foreach(list, i, p)
	{
		text_addf(out, "  %s  ", get_text(p, "severity"));
		text_plain(out, get_text(p, "subject"));
		text_adds(out, ": ");
		text_plain(out, get_text(p, "text"));
		text_adds(out, "\n");
	}
	if (get_number(reply, "problems_left_out"))
		text_addf(out, "  and " N " more\n", get_number(reply, "problems_left_out"));
}

void print_drain(const json_t *reply, const struct ask *a, struct text *out)
{
	const char *state = get_text(reply, "state");

	if (strcmp(state, "announced") == 0)
		text_addf(out,
			"this host is announced as the last choice, sessions close in " N " s",
			get_number(reply, "left_s"));
	else if (strcmp(state, "closed") == 0)
		text_adds(out, "the sessions are closed");
	else
		text_adds(out, "this host is not drained");
	if (get_text(reply, "text")[0]) {
		text_adds(out, ": ");
		text_plain(out, get_text(reply, "text"));
	}
	text_adds(out, "\n");
}

void print_status(const json_t *reply, const struct ask *a, struct text *out)
{
	put_head(reply, out);
	put_drain(reply, out);
	put_sessions(reply, out);
	put_routes(json_object_get(reply, "rib"), out);
	put_fib(json_object_get(reply, "fib"), out);
	put_reload(reply, a, out);
	put_vrfs(json_object_get(reply, "vrfs"), out);
	text_adds(out, "\n");
	put_contributors(json_object_get(reply, "contributors"), out);
	put_problems(reply, out);
	if (json_array_size(json_object_get(reply, "messages")))
		text_adds(out, "\n");
	put_messages(reply, out);
}

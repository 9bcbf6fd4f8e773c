/* `show bfd`: a line each, or a page of one. */
#include "bgpd-lite/ctl/commands.h"
#include "bgpd-lite/ctl/get.h"

#include <stdio.h>

static void put_line(struct table *t, const json_t *s)
{
	char b[7][CELL_MAX], detection[2 * CELL_MAX], why[256];
	const json_t *stats = json_object_get(s, "stats");
	const json_t *last = json_object_get(s, "last_change");
	const char *error = get_text(stats, "error");

	snprintf(detection, sizeof(detection), "%s", get_cell(stats, "detection_ms", b[0]));
	snprintf(why, sizeof(why), "%s",
		error[0]               ? error
		: json_is_object(last) ? get_text(last, "diagnostic")
				       : "");
	table_add(t, (const char *[]){get_neighbor(s, "neighbor", b[1]), get_text(s, "vrf"),
			     get_text(s, "state"), get_duration_ms(stats, "since_ms", b[2]),
			     get_cell(stats, "transmit_interval_ms", b[3]), detection,
			     get_cell(stats, "up_n", b[4]), get_cell(stats, "down_n", b[5]),
			     get_cell(stats, "late_max_ms", b[6]), why});
}

static void put_table(const json_t *list, struct text *out)
{
	static const struct column columns[] = {{"Neighbor", false}, {"VRF", false},
		{"State", false}, {"For", true}, {"Transmit ms", true}, {"Detection ms", true},
		{"Ups", true}, {"Downs", true}, {"Late max ms", true}, {"Last diagnostic", false}};
	struct table t;
	size_t i;
	const json_t *s;

	table_init(&t, columns, 10);
	json_array_foreach(list, i, s) put_line(&t, s);
	table_print(&t, out);
	table_free(&t);
}

static void put_fields(struct text *out, const json_t *o, const char *const *labels)
{
	for (; *labels; labels += 2) {
		char cell[CELL_MAX];
		put_field(out, labels[0], get_cell(o, labels[1], cell));
	}
}

/* The reasons that have ever happened. */
static void put_reasons(struct text *out, const json_t *reasons, const char *of)
{
	const char *reason;
	json_t *n;

	json_object_foreach((json_t *)reasons, reason, n)
	{
		char label[64], cell[CELL_MAX];
		if (json_integer_value(n) == 0)
			continue;
		snprintf(label, sizeof(label), "  %s: %s", of, reason);
		put_field(out, label, get_cell(reasons, reason, cell));
	}
}

static const char *const session_fields[] = {"state", "state", "local", "local", "remote", "remote",
	"device", "device", "multihop", "multihop", "  minimum TTL", "minimum_ttl", "passive",
	"passive", "authentication", "authentication", "  key error", "key_error", "shared",
	"shared", "strict", "strict", "holds BGP", "holds_bgp", "  for, ms", "holds_for_ms",
	"recent losses", "recent_losses", "up-delay now, ms", "up_delay_ms", "profile", "profile",
	NULL};
static const char *const stats_fields[] = {"diagnostic", "diagnostic", "remote state",
	"remote_state", "remote diagnostic", "remote_diagnostic", "transmit interval, ms",
	"transmit_interval_ms", "  configured", "transmit_interval_configured_ms", "  of the peer",
	"remote_transmit_interval_ms", "receive interval, ms", "receive_interval_configured_ms",
	"  of the peer", "remote_receive_interval_ms", "detection time, ms", "detection_ms",
	"multiplier", "multiplier", "  of the peer", "remote_multiplier", "packets received",
	"received", "packets sent", "sent", "packets dropped", "dropped", "refused by the process",
	"refused_by_process", "times up", "up_n", "times down", "down_n", "  this node was late",
	"down_late_n", "saved by drain", "saved_by_drain", "sent late, max ms", "late_max_ms",
	"sent late, average ms", "late_average_ms", "process late, max ms", "wake_late_max_ms",
	"  average ms", "wake_late_average_ms", "local discriminator", "local_discriminator",
	"remote discriminator", "remote_discriminator", "error", "error", NULL};
static const char *const change_fields[] = {"  from", "from", "  to", "to", "  diagnostic",
	"diagnostic", "  remote state", "remote_state", "  remote diagnostic", "remote_diagnostic",
	"  silence before, ms", "silence_ms", "  detection time, ms", "detection_ms",
	"  this node was late", "node_late", NULL};

static void put_page(const json_t *s, struct text *out)
{
	char cell[CELL_MAX];
	const json_t *stats = json_object_get(s, "stats");
	const json_t *last = json_object_get(s, "last_change");

	text_adds(out, "BFD session with ");
	text_plain(out, get_text(s, "neighbor"));
	text_adds(out, "\n");
	put_fields(out, s, session_fields);
	if (json_is_object(stats)) {
		put_field(out, "in this state for", get_duration_ms(stats, "since_ms", cell));
		put_fields(out, stats, stats_fields);
		put_reasons(out, json_object_get(stats, "dropped_by_reason"), "dropped");
		put_reasons(out, json_object_get(stats, "refused_by_reason"), "refused");
	}
	if (json_is_object(last)) {
		put_field(out, "last change, ago", get_duration_ms(last, "ago_ms", cell));
		put_fields(out, last, change_fields);
	}
}

void print_bfd(const json_t *reply, const struct ask *a, struct text *out)
{
	const json_t *list = json_object_get(reply, "sessions");
	size_t i;
	const json_t *s;

	if (!a->detail) {
		put_table(list, out);
		return;
	}
	json_array_foreach(list, i, s) put_page(s, out);
}

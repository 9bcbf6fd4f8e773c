/* `plan`: what a reload would change, the sessions that would end first. */
#include "bgpd-lite/ctl/commands.h"
#include "bgpd-lite/ctl/get.h"
#include "bgpd-lite/ctl/messages.h"

#include <string.h>

#define N "%" JSON_INTEGER_FORMAT

static void put_profile(const json_t *o, struct text *out)
{
	char tx[CELL_MAX], rx[CELL_MAX];

	if (!json_is_object(o))
		text_adds(out, "none");
	else
		text_addf(out, "%s/%s ms x " N, get_cell(o, "transmit_interval_ms", tx),
			get_cell(o, "receive_interval_ms", rx), get_number(o, "detect_multiplier"));
}

static void put_session(const json_t *s, struct text *out)
{
	const char *change = get_text(s, "change");
	bool reset = strcmp(change, "reset") == 0;
	const json_t *keys = json_object_get(s, "keys");

	text_adds(out, "neighbor ");
	text_plain(out, get_text(s, "neighbor"));
	text_addf(out, ": %s", reset ? "needs a new session for " : change);
	if (reset)
		put_list(out, json_object_get(s, "reset_keys"));
	else if (get_bool(s, "ends"))
		text_adds(out, ", its session ends");
	else if (get_bool(s, "established"))
		text_adds(out, ", its session goes on");
	if (strcmp(change, "changed") == 0) {
		text_adds(out, ": ");
		put_list(out, keys);
	}
	if (json_object_get(s, "bfd_after")) {
		text_adds(out, "; BFD ");
		put_profile(json_object_get(s, "bfd_before"), out);
		text_adds(out, " -> ");
		put_profile(json_object_get(s, "bfd_after"), out);
	}
	text_adds(out, "\n");
}

static void put_sessions(const json_t *reply, struct text *out)
{
	size_t i;
	const json_t *s;

	json_array_foreach(json_object_get(reply, "sessions"), i, s) put_session(s, out);
	if (get_number(reply, "sessions_left_out"))
		text_addf(
			out, "and " N " more neighbors\n", get_number(reply, "sessions_left_out"));
}

static void put_changes(const json_t *list, const char *key, const char *what, struct text *out)
{
	size_t i;
	const json_t *o;

	json_array_foreach(list, i, o)
	{
		text_addf(out, "%s ", what);
		text_plain(out, get_text(o, key));
		text_addf(out, ": %s\n", get_text(o, "change"));
	}
}

static void put_tables(const json_t *reply, struct text *out)
{
	size_t i;
	const json_t *t;

	json_array_foreach(json_object_get(reply, "tables"), i, t)
	{
		text_adds(out, "vrf ");
		text_plain(out, get_text(t, "vrf"));
		text_addf(out,
			" (table " N "): " N " prefixes gained, " N " lost, " N
			" with other paths or values\n",
			get_number(t, "table"), get_number(t, "gained"), get_number(t, "lost"),
			get_number(t, "changed"));
	}
	json_array_foreach(json_object_get(reply, "prefixes"), i, t)
	{
		text_addf(out, "  %-8s", get_text(t, "change"));
		text_plain(out, get_text(t, "prefix"));
		text_adds(out, " vrf ");
		text_plain(out, get_text(t, "vrf"));
		text_adds(out, "\n");
	}
	if (get_number(reply, "prefixes_left_out"))
		text_addf(out, "  and " N " more\n", get_number(reply, "prefixes_left_out"));
}

static void put_announced(const json_t *a, struct text *out)
{
	size_t i;
	const json_t *p;

	if (!get_number(a, "gained") && !get_number(a, "lost") && !get_number(a, "changed"))
		return;
	text_addf(out,
		"announcements: " N " prefixes told to more neighbors, " N " to fewer, " N
		" with other attributes\n",
		get_number(a, "gained"), get_number(a, "lost"), get_number(a, "changed"));
	json_array_foreach(json_object_get(a, "prefixes"), i, p)
	{
		text_adds(out, "  ");
		text_plain(out, get_text(p, "prefix"));
		text_addf(out, " +" N " -" N "\n", get_number(p, "gained"), get_number(p, "lost"));
	}
}

void print_plan(const json_t *reply, const struct ask *a, struct text *out)
{
	const json_t *rules = json_object_get(reply, "rules");
	size_t i;
	const json_t *sentence;

	put_messages(reply, out);
	if (!get_bool(reply, "usable"))
		text_adds(out, "a reload would be refused: the owner's files cannot be used\n");
	else if (!get_bool(reply, "changes"))
		text_adds(out, "nothing would change\n");
	put_sessions(reply, out);
	put_changes(json_object_get(reply, "interfaces"), "interface", "import of interface", out);
	put_changes(json_object_get(reply, "vrfs"), "vrf", "vrf", out);
	json_array_foreach(json_object_get(reply, "notes"), i, sentence)
	{
		text_plain(out, json_string_value(sentence));
		text_adds(out, "\n");
	}
	if (get_number(rules, "added") || get_number(rules, "removed"))
		text_addf(out, "rules of routing policy: " N " added, " N " removed\n",
			get_number(rules, "added"), get_number(rules, "removed"));
	put_tables(reply, out);
	put_announced(json_object_get(reply, "announcements"), out);
}
